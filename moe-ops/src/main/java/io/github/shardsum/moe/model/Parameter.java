package io.github.shardsum.moe.model;

import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;

/**
 * One learnt tensor, and its initial normal distribution.
 *
 * @param name its name, which is also the name of the input of each program that reads it
 * @param type its type
 * @param mean of its first values
 * @param deviation their standard deviation
 */
public record Parameter(String name, ValueType type, double mean, double deviation) {
  /** Checks for null. */
  public Parameter {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
  }

  /**
   * The first values, by the transformation of Box and Muller of uniform numbers keyed by the
   * element's index: they depend only on seed and stream.
   *
   * @param seed the key
   * @param stream distinguishes parameters of one seed
   * @return a fresh tensor
   */
  public Tensor initial(long seed, long stream) {
    Philox random = new Philox(seed);
    Tensor values = Tensor.zeros(type.dtype(), type.shape());
    int count = Math.toIntExact(type.shape().elementCount());
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      double first = 1 - random.uniform(2L * i, stream);
      double second = random.uniform(2L * i + 1, stream);
      double radius = Math.sqrt(-2 * StrictMath.log(first));
      numbers[i] = mean + deviation * radius * StrictMath.cos(2 * Math.PI * second);
    }
    values.assign(Tensor.of(numbers, type.shape().toArray()).convert(type.dtype()));
    return values;
  }
}
