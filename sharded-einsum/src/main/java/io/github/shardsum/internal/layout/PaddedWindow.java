package io.github.shardsum.internal.layout;

import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.layout.FactorRule.Reads;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Windows over a padded value as one operation, which reads neighbours once. Beyond the ends of the
 * value a device has the fill. As a statement it is a composite, known by its decomposition.
 *
 * @param pad the padding
 * @param window the windows along the same label
 */
public record PaddedWindow(Movement.Pad pad, Movement.Window window) {
  private static final String NAME = "window.padded";

  /**
   * The operation of a composite.
   *
   * @param operation any operation
   * @return its padding and windows; empty if the operation does not take windows of its padded
   *     operand
   */
  public static Optional<PaddedWindow> of(Operation operation) {
    if (!(operation instanceof Nested.Composite composite)
        || composite.operands().size() != 1
        || composite.decomposition().statements().size() != 2) {
      return Optional.empty();
    }
    Program meaning = composite.decomposition();
    Statement first = meaning.statements().getFirst();
    Statement second = meaning.statements().getLast();
    return first.operation() instanceof Movement.Pad pad
            && second.operation() instanceof Movement.Window window
            && pad.x().equals(meaning.inputs().getFirst())
            && window.x().equals(first.result())
            && pad.label().equals(window.label())
            && meaning.outputs().equals(second.results())
        ? Optional.of(new PaddedWindow(pad, window))
        : Optional.empty();
  }

  /**
   * Two statements as one.
   *
   * @param first a statement that only the other one reads
   * @param second the other
   * @return a statement with the second's result; empty if they are not windows of a padded value
   */
  public static Optional<Statement> joined(Statement first, Statement second) {
    if (!(first.operation() instanceof Movement.Pad pad
        && second.operation() instanceof Movement.Window window
        && window.x().equals(first.result())
        && pad.label().equals(window.label()))) {
      return Optional.empty();
    }
    ProgramBuilder meaning = Program.builder(NAME);
    Value x = meaning.input(pad.x().name(), pad.x().type().withoutLayout());
    Value made = new PaddedWindow(pad, window).on(meaning, x, pad.low(), pad.high());
    meaning.output(made);
    List<String> others =
        x.type().names().stream().filter(label -> !label.equals(pad.label())).toList();
    return Optional.of(
        new Statement(
            second.results(),
            Nested.Composite.of(NAME, Map.of(), List.of(pad.x()), meaning.build(), others)));
  }

  /**
   * The operation on a value, with other numbers of padded elements.
   *
   * @param builder takes both operations
   * @param low elements before it
   * @param high elements behind it
   * @return the windows
   */
  public Value on(ProgramBuilder builder, Value x, long low, long high) {
    Scalar fill = pad.fill();
    Value padded =
        builder.add(new Movement.Pad(x, pad.label(), low, high, pad.interior(), fill)).getFirst();
    return builder
        .add(
            new Movement.Window(
                padded,
                window.label(),
                window.window(),
                window.size(),
                window.stride(),
                window.dilation()))
        .getFirst();
  }

  /** The indices of the padded value that windows read. */
  public Reads.Window reads() {
    return new Reads.Window(window.size(), window.stride(), window.dilation());
  }

  /** Size of the padded value along the label. */
  public long padded() {
    return window.x().type().size(window.label());
  }

  FactorRule rule(Value x, ValueType result) {
    Reads inner = new Reads.Pad(pad.low(), pad.interior());
    Reads reads = new Reads.Through(reads(), padded(), inner);
    RuleBuilder rule = new RuleBuilder();
    rule.factor(window.window(), window.size(), new Kind.Whole());
    rule.factor(window.label(), result.size(window.label()), new Kind.Neighbour(List.of(reads)));
    return rule.operand(x).result(result).build();
  }
}
