/**
 * One step of a contraction: which labels it loops over with which strides, which kernel runs it,
 * and the kernels' outer loops (packing, blocking, staging, threads).
 */
@NullMarked
package io.github.shardsum.internal.contraction;

import org.jspecify.annotations.NullMarked;
