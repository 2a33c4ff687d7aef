package io.github.shardsum.internal.testkit;

import io.github.shardsum.internal.testkit.ErrorArithmetic.Bounded;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;

/**
 * Error bounds of functions of single elements. A function that is monotonic on the interval of its
 * argument has the error at the steeper end of the interval. If the function jumps in the interval,
 * the error is the jump. If the interval contains a pole or an end of the domain, the error is
 * unbounded.
 */
public final class PointwiseErrors {
  /** Half the distance of neighbouring bf16 numbers at 1. */
  private static final double BF16_UNIT = 0x1p-8;

  private final ProgramBuilder p;
  private final ErrorArithmetic a;

  public PointwiseErrors(ProgramBuilder p, ErrorArithmetic arithmetic) {
    this.p = p;
    this.a = arithmetic;
  }

  private Value low(Bounded x) {
    return p.subtract(x.value(), x.error());
  }

  private Value high(Bounded x) {
    return p.add(x.value(), x.error());
  }

  private Value above(Value x) {
    return p.compare(Comparison.GT, x, a.number(0));
  }

  public Bounded unary(UnaryKind kind, Bounded x) {
    Value value = p.unary(kind, x.value());
    double roundings = ErrorArithmetic.FUNCTION;
    Value error =
        switch (kind) {
          case NEGATE, ABS, RELU, NOT -> x.error();
          case SIGN -> p.scale(a.flag(a.near(a.size(x.value()), x.error())), 2);
          // The slope of these functions is at most 1, and their values differ by at most 2; for an
          // infinity they may be NaN.
          case TANH, LOGISTIC, SINE, COSINE -> {
            Value moved = p.binary(BinaryKind.MINIMUM, x.error(), a.number(2));
            Value known = p.compare(Comparison.LT, x.error(), a.number(Float.MAX_VALUE));
            yield a.where(known, a.rounded(a.number(1), moved, roundings));
          }
          case FLOOR -> p.subtract(p.unary(kind, high(x)), p.unary(kind, low(x)));
          case EXP -> a.rounded(value, p.subtract(p.exp(high(x)), value), roundings);
          case LOG -> falling(kind, x, value, above(low(x)));
          case SQRT -> falling(kind, x, value, p.compare(Comparison.GE, low(x), a.number(0)));
          case RSQRT -> falling(kind, x, value, above(low(x)));
        };
    return new Bounded(value, error);
  }

  /** The error of functions that are steepest at the lower end of the interval. */
  private Value falling(UnaryKind kind, Bounded x, Value value, Value inside) {
    Value moved = a.size(p.subtract(p.unary(kind, low(x)), value));
    return a.where(inside, a.rounded(value, moved, ErrorArithmetic.FUNCTION));
  }

  public Bounded binary(BinaryKind kind, Bounded x, Bounded y) {
    Value value = p.binary(kind, x.value(), y.value());
    if (!value.type().dtype().isFloating()) {
      // The result is exact, unless an operand is a choice that may be wrong.
      return new Bounded(value, a.larger(x.error(), y.error()));
    }
    Value error =
        switch (kind) {
          case ADD, SUBTRACT -> a.rounded(value, p.add(x.error(), y.error()), 1);
          case MULTIPLY -> {
            Value second = p.multiply(x.error(), a.size(y.value()));
            yield a.rounded(value, p.add(p.multiply(a.most(x), y.error()), second), 1);
          }
          case MAXIMUM, MINIMUM -> a.larger(x.error(), y.error());
          case AND, OR, XOR -> a.larger(x.error(), y.error());
          case DIVIDE -> a.where(above(least(y)), a.rounded(value, quotient(value, x, y), 1));
          case REMAINDER -> remainder(value, x, y);
          case POWER -> power(value, x, y);
        };
    return new Bounded(value, error);
  }

  /** A lower bound of the magnitude of any computed value. */
  private Value least(Bounded y) {
    return p.subtract(a.size(y.value()), y.error());
  }

  /** The error (|dx| + |x/y| |dy|) / |y|, for the least |y|. */
  private Value quotient(Value value, Bounded x, Bounded y) {
    return p.divide(p.add(x.error(), p.multiply(a.size(value), y.error())), least(y));
  }

  /** The error of x - q y with a whole q; exact if q is certain, otherwise any value up to |y|. */
  private Value remainder(Value value, Bounded x, Bounded y) {
    Value quotient = p.divide(x.value(), y.value());
    Value moved = quotient(quotient, x, y);
    Value low = a.whole(p.subtract(quotient, moved));
    Value high = a.whole(p.add(quotient, moved));
    Value same = p.compare(Comparison.EQ, low, high);
    Value few = p.add(x.error(), p.multiply(a.size(low), y.error()));
    Value error = p.select(same, few, p.add(a.most(y), a.size(value)));
    return a.where(above(least(y)), error);
  }

  /**
   * The error of e^(y log x); the exponent's error is |dy| |log x| + |y| |dx| / x, for the least x.
   */
  private Value power(Value value, Bounded x, Bounded y) {
    Value slope = p.divide(x.error(), low(x));
    Value logarithm = p.add(a.size(p.unary(UnaryKind.LOG, x.value())), slope);
    Value first = p.multiply(y.error(), logarithm);
    Value moved = p.add(first, p.multiply(a.size(y.value()), slope));
    Value error = p.subtract(p.multiply(value, p.exp(moved)), value);
    return a.where(above(low(x)), a.rounded(value, error, ErrorArithmetic.FUNCTION));
  }

  public Bounded compare(Comparison relation, Bounded x, Bounded y) {
    Value holds = p.compare(relation, x.value(), y.value());
    if (x.value().type().dtype() == DType.BOOL) {
      return new Bounded(holds, a.larger(x.error(), y.error()));
    }
    Value distance = a.size(p.subtract(real(x.value()), real(y.value())));
    Value near = a.near(distance, p.add(x.error(), y.error()));
    return new Bounded(holds, a.flag(near));
  }

  private Value real(Value x) {
    return p.convert(x, DType.F64);
  }

  public Bounded select(Bounded condition, Bounded x, Bounded y) {
    Value chosen = p.select(condition.value(), x.error(), y.error());
    Value errors = p.add(x.error(), y.error());
    Value either = p.add(a.size(p.subtract(real(x.value()), real(y.value()))), errors);
    Value error = p.select(a.positive(condition.error()), either, chosen);
    return new Bounded(p.select(condition.value(), x.value(), y.value()), error);
  }

  public Bounded ragged(Pointwise.Ragged ragged, Bounded x, Bounded lengths) {
    Value cut =
        p.add(new Pointwise.Ragged(x.value(), lengths.value(), ragged.label(), ragged.fill()))
            .getFirst();
    Value known =
        p.ragged(x.error(), lengths.value(), ragged.label(), ErrorArithmetic.off(ragged.fill()));
    return new Bounded(cut, a.where(not(a.positive(lengths.error())), known));
  }

  private Value not(Value condition) {
    return a.not(condition);
  }

  public Bounded convert(DType from, DType to, Bounded x) {
    return switch (to) {
      case F64 -> new Bounded(real(x.value()), x.error());
      case F32, BF16 -> {
        double roundings = to == DType.F32 ? 1 : BF16_UNIT / ErrorArithmetic.UNIT;
        Value value = real(x.value());
        boolean exact = from == DType.BF16 || from == DType.BOOL || (from == to);
        yield new Bounded(value, exact ? x.error() : a.rounded(value, x.error(), roundings));
      }
      case BOOL -> {
        Value value = p.convert(x.value(), to);
        Value near = a.near(a.size(real(x.value())), x.error());
        yield new Bounded(value, from == DType.BOOL ? x.error() : a.flag(near));
      }
      case I32, I64 -> {
        Value value = p.convert(x.value(), to);
        Value cut = p.subtract(a.whole(high(real(x))), a.whole(low(real(x))));
        yield new Bounded(value, from.isFloating() ? cut : x.error());
      }
    };
  }

  private Bounded real(Bounded x) {
    return new Bounded(real(x.value()), x.error());
  }
}
