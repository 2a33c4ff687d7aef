package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Pointwise.Ragged;
import io.github.shardsum.program.Pointwise.Select;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Gradients of operations on one element at a time. */
final class PointwiseGradient {
  private final ProgramBuilder b;
  private final GradientRules rules;

  PointwiseGradient(ProgramBuilder builder, GradientRules rules) {
    this.b = builder;
    this.rules = rules;
  }

  List<Optional<Value>> of(Pointwise operation, Value result, Value g, List<Boolean> needed) {
    return switch (operation) {
      case Unary unary -> List.of(unary(unary, result, g));
      case Binary binary -> binary(binary, result, g, needed);
      case Pointwise.Compare _, Pointwise.Uniform _ -> List.of(Optional.empty(), Optional.empty());
      case Select(Value condition, Value x, Value y) -> {
        Value zero = zero(g);
        yield List.of(
            Optional.empty(),
            when(needed.get(1), () -> rules.contract(x, b.select(condition, g, zero))),
            when(needed.get(2), () -> rules.contract(y, b.select(condition, zero, g))));
      }
      case Convert(Value x, _) -> List.of(Optional.of(b.convert(g, x.type().dtype())));
      case Ragged r ->
          List.of(Optional.of(b.ragged(g, r.lengths(), r.label(), 0)), Optional.empty());
    };
  }

  private static Optional<Value> when(boolean needed, Supplier<Value> value) {
    return needed ? Optional.of(value.get()) : Optional.empty();
  }

  private Value zero(Value like) {
    return b.constant(like.type().dtype(), 0);
  }

  private Value one(Value like) {
    return b.constant(like.type().dtype(), 1);
  }

  private Optional<Value> unary(Unary unary, Value y, Value g) {
    Value x = unary.x();
    return switch (unary.kind()) {
      case SIGN, FLOOR, NOT -> Optional.empty();
      case NEGATE -> Optional.of(b.negate(g));
      case ABS -> Optional.of(b.multiply(g, b.sign(x)));
      case EXP -> Optional.of(b.multiply(g, y));
      case LOG -> Optional.of(b.divide(g, x));
      case SQRT -> Optional.of(b.divide(b.scale(g, 0.5), y));
      case RSQRT -> Optional.of(b.divide(b.multiply(b.scale(g, -0.5), y), x));
      case TANH -> Optional.of(b.multiply(g, b.subtract(one(y), b.multiply(y, y))));
      case LOGISTIC -> Optional.of(b.multiply(g, b.multiply(y, b.subtract(one(y), y))));
      case SINE -> Optional.of(b.multiply(g, b.cosine(x)));
      case COSINE -> Optional.of(b.negate(b.multiply(g, b.sine(x))));
      case RELU -> Optional.of(b.select(b.compare(Comparison.GT, y, zero(y)), g, zero(g)));
    };
  }

  private List<Optional<Value>> binary(Binary binary, Value result, Value g, List<Boolean> needed) {
    Value x = binary.x();
    Value y = binary.y();
    Supplier<Value> first =
        () ->
            switch (binary.kind()) {
              case ADD, SUBTRACT, REMAINDER -> rules.contract(x, g);
              case MULTIPLY -> rules.contract(x, g, y);
              case DIVIDE -> rules.contract(x, b.divide(g, y));
              case POWER ->
                  rules.contract(
                      x,
                      b.multiply(
                          g, b.multiply(y, b.binary(BinaryKind.POWER, x, b.subtract(y, one(y))))));
              case MAXIMUM -> rules.contract(x, b.multiply(g, share(x, y, Comparison.GT)));
              case MINIMUM -> rules.contract(x, b.multiply(g, share(x, y, Comparison.LT)));
              case AND, OR, XOR -> throw new IllegalStateException("bool has no cotangent");
            };
    Supplier<Value> second =
        () ->
            switch (binary.kind()) {
              case ADD -> rules.contract(y, g);
              case SUBTRACT -> rules.contract(y, b.negate(g));
              case MULTIPLY -> rules.contract(y, g, x);
              case DIVIDE -> rules.contract(y, b.negate(b.divide(b.multiply(g, result), y)));
              case REMAINDER -> rules.contract(y, b.negate(b.multiply(g, quotient(x, y))));
              case POWER -> rules.contract(y, b.multiply(g, b.multiply(result, logOf(x))));
              case MAXIMUM -> rules.contract(y, b.multiply(g, share(y, x, Comparison.GT)));
              case MINIMUM -> rules.contract(y, b.multiply(g, share(y, x, Comparison.LT)));
              case AND, OR, XOR -> throw new IllegalStateException("bool has no cotangent");
            };
    return List.of(when(needed.get(0), first), when(needed.get(1), second));
  }

  /** 1 where the relation holds, 1/2 where both are equal, 0 elsewhere. */
  private Value share(Value x, Value y, Comparison relation) {
    Value half = b.constant(x.type().dtype(), 0.5);
    Value unequal = b.select(b.compare(relation, x, y), one(x), zero(x));
    return b.select(b.compare(Comparison.EQ, x, y), half, unequal);
  }

  /** x/y rounded toward zero. */
  private Value quotient(Value x, Value y) {
    Value quotient = b.divide(x, y);
    Value size = b.floor(b.abs(quotient));
    return b.multiply(b.sign(quotient), size);
  }

  /**
   * The logarithm for a number above 0, and 0 for other numbers, whose powers have no derivative by
   * the exponent.
   */
  private Value logOf(Value x) {
    Value above = b.compare(Comparison.GT, x, zero(x));
    return b.select(above, b.log(b.select(above, x, one(x))), zero(x));
  }
}
