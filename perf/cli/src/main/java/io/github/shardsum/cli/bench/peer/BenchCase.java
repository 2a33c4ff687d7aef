package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.tensor.DType;

/**
 * One einsum to be timed.
 *
 * @param id its name in tables and filters
 * @param group the group of cases whose results are averaged
 * @param equation the equation, as it was written
 * @param bound the equation with its sizes
 * @param dtype f32, f64, i32 or i64
 * @param flops its additions and multiplications
 * @param bytes bytes of operands and result that must be touched, each counted once
 */
public record BenchCase(
    String id,
    String group,
    String equation,
    BoundEquation bound,
    DType dtype,
    double flops,
    double bytes) {
  /** Bytes of the result. */
  public double writtenBytes() {
    return (double) bound.outputShape().elementCount() * dtype.byteSize();
  }
}
