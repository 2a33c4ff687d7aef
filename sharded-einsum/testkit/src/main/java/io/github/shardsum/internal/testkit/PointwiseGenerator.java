package io.github.shardsum.internal.testkit;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Choices;
import java.util.ArrayList;
import java.util.List;

/** Draws operations on one element at a time, and softmax, which has similar slopes. */
public final class PointwiseGenerator {
  private final ValuePool pool;
  private final Choices choices;
  private final DType dtype;
  private final boolean exact;
  private final boolean smooth;
  private final ProgramBuilder builder;
  private final List<Value> bools;

  public PointwiseGenerator(ValuePool pool) {
    this.pool = pool;
    this.choices = pool.choices();
    this.dtype = pool.dtype();
    this.exact = pool.exact();
    this.smooth = pool.smooth();
    this.builder = pool.builder();
    this.bools = pool.bools();
  }

  public void binary() {
    List<BinaryKind> kinds =
        new ArrayList<>(
            List.of(
                BinaryKind.ADD,
                BinaryKind.SUBTRACT,
                BinaryKind.MULTIPLY,
                BinaryKind.MAXIMUM,
                BinaryKind.MINIMUM));
    if (!dtype.isFloating()) {
      kinds.add(BinaryKind.DIVIDE);
      kinds.add(BinaryKind.REMAINDER);
    }
    Value x = pool.pick();
    Value y =
        choices.nextInt(4) == 0 ? builder.constant(dtype, choices.nextInt(5) - 2) : pool.pick();
    pool.keep(builder.binary(choices.of(kinds), x, y), true);
  }

  public void unary() {
    List<UnaryKind> kinds =
        new ArrayList<>(List.of(UnaryKind.NEGATE, UnaryKind.ABS, UnaryKind.RELU));
    if (!smooth) {
      kinds.add(UnaryKind.SIGN);
      if (dtype.isFloating()) {
        kinds.add(UnaryKind.FLOOR);
      }
    }
    if (!exact) {
      kinds.addAll(List.of(UnaryKind.TANH, UnaryKind.LOGISTIC, UnaryKind.SINE, UnaryKind.COSINE));
    }
    pool.keep(builder.unary(choices.of(kinds), pool.pick()), false);
  }

  /** Logic on bools. */
  public void logic() {
    if (bools.isEmpty()) {
      return;
    }
    Value x = choices.of(bools);
    Value y = choices.of(bools);
    Value made =
        switch (choices.nextInt(4)) {
          case 0 -> builder.unary(UnaryKind.NOT, x);
          case 1 -> builder.binary(BinaryKind.AND, x, y);
          case 2 -> builder.binary(BinaryKind.OR, x, y);
          default -> builder.binary(BinaryKind.XOR, x, y);
        };
    pool.count();
    if (!pool.tooLarge(made)) {
      bools.add(made);
    }
  }

  /**
   * Draws functions that have poles, cuts or overflow, but mostly with arguments without these, so
   * that later operations are still tested.
   */
  public void curved() {
    if (exact) {
      return;
    }
    boolean guarded = smooth || choices.nextInt(5) > 0;
    Value x = pool.pick();
    Value y = pool.pick();
    Value small = guarded ? builder.unary(UnaryKind.TANH, x) : x;
    switch (choices.nextInt(9)) {
      case 0 -> pool.keep(builder.exp(small), false);
      case 1 -> pool.keep(builder.unary(UnaryKind.LOG, positive(x, guarded)), false);
      case 2 -> pool.keep(builder.unary(UnaryKind.SQRT, positive(x, guarded)), false);
      case 3 -> pool.keep(builder.unary(UnaryKind.RSQRT, positive(x, guarded)), false);
      case 4, 5 -> pool.keep(builder.divide(y, positive(x, guarded)), true);
      case 6 -> {
        Value base = positive(y, guarded);
        pool.keep(builder.binary(BinaryKind.POWER, base, small), true);
      }
      case 7 -> {
        if (!smooth) {
          Value divisor = positive(y, guarded);
          pool.keep(builder.binary(BinaryKind.REMAINDER, x, divisor), false);
        }
      }
      default -> pool.keep(builder.softmax(x, pool.label(x)), false);
    }
  }

  /** {@code x^2 + 1/2} if guarded; otherwise x. */
  private Value positive(Value x, boolean guarded) {
    Value half = builder.constant(dtype, 0.5);
    return guarded ? builder.add(builder.multiply(x, x), half) : x;
  }

  /** Converts a value to another dtype and back. */
  public void convert() {
    if (smooth) {
      return;
    }
    List<DType> dtypes = List.of(DType.values());
    DType other = choices.of(dtypes);
    Value there = builder.convert(pool.pick(), other);
    if (other == DType.BOOL) {
      bools.add(there);
    }
    pool.keep(builder.convert(there, dtype), false);
  }

  public void choice() {
    if (smooth) {
      Value x = pool.pick();
      pool.keep(builder.softmax(x, pool.label(x)), false);
      return;
    }
    Comparison[] relations = Comparison.values();
    Value made =
        builder.compare(relations[choices.nextInt(relations.length)], pool.pick(), pool.pick());
    pool.count();
    if (!pool.tooLarge(made)) {
      bools.add(made);
    }
  }

  public void select() {
    if (!bools.isEmpty()) {
      pool.keep(builder.select(choices.of(bools), pool.pick(), pool.pick()), false);
    }
  }
}
