package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Movement.Concatenate;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Movement.Pad;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Movement.Split;
import io.github.shardsum.program.Movement.Window;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gradients of operations that move elements. A gradient moves elements back, and adds elements
 * that came from the same place.
 */
final class MovementGradient {
  private static final Scalar ZERO = new Scalar.Real(0);

  private final ProgramBuilder builder;
  private final GradientRules rules;

  MovementGradient(ProgramBuilder builder, GradientRules rules) {
    this.builder = builder;
    this.rules = rules;
  }

  List<Optional<Value>> of(Movement operation, Value g) {
    return switch (operation) {
      case Annotate a -> one(add(new Annotate(g, a.annotation().dual())));
      case Slice s -> one(spread(g, s.label(), s.x(), s.from(), s.step()));
      case Pad p -> one(inside(p, g));
      case Shift s -> one(add(new Shift(g, s.label(), -s.by(), ZERO)));
      case Concatenate c -> concatenate(c, g);
      case Window w -> one(window(w, g));
      case Split s -> one(add(new Merge(g, s.into(), s.label())));
      case Merge m ->
          one(
              add(
                  new Split(
                      g,
                      m.into(),
                      m.labels(),
                      m.labels().stream().map(m.x().type()::size).toList())));
    };
  }

  private static List<Optional<Value>> one(Value value) {
    return List.of(Optional.of(value));
  }

  private Value add(Operation operation) {
    return builder.add(operation).getFirst();
  }

  /**
   * Elements of g at the indices from, from + step, ... of a label with x's size, and zeros
   * elsewhere.
   */
  private Value spread(Value g, String label, Value x, long from, long step) {
    long count = g.type().size(label);
    long size = x.type().size(label);
    long end = count == 0 ? from : from + (count - 1) * step + 1;
    return add(new Pad(g, label, from, size - end, step - 1, ZERO));
  }

  private Value inside(Pad pad, Value g) {
    long count = pad.x().type().size(pad.label());
    long step = pad.interior() + 1;
    long end = count == 0 ? pad.low() : pad.low() + (count - 1) * step + 1;
    return add(new Slice(g, pad.label(), pad.low(), end, step));
  }

  private List<Optional<Value>> concatenate(Concatenate c, Value g) {
    List<Optional<Value>> parts = new ArrayList<>();
    long from = 0;
    for (Value part : c.operands()) {
      long to = from + part.type().size(c.label());
      parts.add(Optional.of(add(new Slice(g, c.label(), from, to, 1))));
      from = to;
    }
    return parts;
  }

  private Value window(Window w, Value g) {
    Value sum = builder.constant(w.x().type().withoutLayout(), 0);
    if (g.type().size(w.label()) == 0) {
      return sum;
    }
    for (long i = 0; i < w.size(); i++) {
      Value part = add(new Slice(g, w.window(), i, i + 1, 1));
      Value one = builder.sum(part, w.window());
      Value placed = spread(one, w.label(), w.x(), i * w.dilation(), w.stride());
      sum = i == 0 ? placed : builder.add(sum, placed);
    }
    return rules.like(sum, w.x().type());
  }
}
