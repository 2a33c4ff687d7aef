/** The kernels in plain loops: the reference for every other, and what runs without vectors. */
@NullMarked
package io.github.shardsum.internal.scalar;

import org.jspecify.annotations.NullMarked;
