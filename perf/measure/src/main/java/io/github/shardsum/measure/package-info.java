/**
 * Paired timing; processors, caches and limits of this machine; the C compiler and the child
 * processes of measurements.
 */
@NullMarked
package io.github.shardsum.measure;

import org.jspecify.annotations.NullMarked;
