/**
 * Steps of contractions: their labels and strides, the choice of their kernels, and the kernels'
 * outer loops (packing, blocking, staging, threads).
 */
@NullMarked
package io.github.shardsum.internal.contraction;

import org.jspecify.annotations.NullMarked;
