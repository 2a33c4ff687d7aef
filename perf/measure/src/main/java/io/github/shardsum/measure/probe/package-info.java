/** Loops that measure what a machine can do. */
@NullMarked
package io.github.shardsum.measure.probe;

import org.jspecify.annotations.NullMarked;
