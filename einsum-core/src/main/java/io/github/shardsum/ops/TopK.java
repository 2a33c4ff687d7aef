package io.github.shardsum.ops;

import io.github.shardsum.tensor.Tensor;

/**
 * The k largest elements along an axis, in falling order. They route tokens to experts.
 *
 * <p>Among equal elements, the one with the lower index comes first. NaN ranks above everything,
 * and the two zeros are equal. Results are equal to the bit for every number of threads.
 *
 * @param values the elements, shaped as the input with size k along the axis
 * @param indices their positions along the axis, of the same shape, i32
 */
public record TopK(Tensor values, Tensor indices) {}
