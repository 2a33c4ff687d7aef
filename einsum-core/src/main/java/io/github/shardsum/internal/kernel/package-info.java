/**
 * The kernels' interfaces and their choice; implementations are in {@code scalar} and {@code
 * vector}.
 */
@NullMarked
package io.github.shardsum.internal.kernel;

import org.jspecify.annotations.NullMarked;
