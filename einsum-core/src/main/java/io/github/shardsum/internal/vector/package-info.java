/** The kernels in the Vector API: the only package that names {@code jdk.incubator.vector}. */
@NullMarked
package io.github.shardsum.internal.vector;

import org.jspecify.annotations.NullMarked;
