/** Processors, caches and limits of this machine. */
@NullMarked
package io.github.shardsum.measure;

import org.jspecify.annotations.NullMarked;
