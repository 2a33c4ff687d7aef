/**
 * Kernels of the composites: experts forward and backward, their activations, their rows in chunks,
 * tasks and scratch arrays; rows sent, summed and placed ({@code Rows...}); kernels of the route;
 * the order of dispatch and the combine.
 */
@NullMarked
package io.github.shardsum.internal.moe.kernel;

import org.jspecify.annotations.NullMarked;
