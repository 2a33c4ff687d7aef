package io.github.shardsum.moe.model;

import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;

/**
 * A learnt tensor and the normal distribution of its first values.
 *
 * @param name its name, which is also the name of the input of each program that reads it
 * @param type its type
 * @param mean the mean of the first values
 * @param deviation the standard deviation of the first values
 */
public record Parameter(String name, ValueType type, double mean, double deviation) {
  /** Checks for null. */
  public Parameter {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
  }

  /**
   * The first values, by the Box-Muller transform of uniform numbers. The numbers of an element
   * depend only on seed, stream and the element's index.
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
