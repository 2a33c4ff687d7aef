package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Removes annotations, for a backend of one device. The operand of an annotation takes the name of
 * the result, which callers use. An operand that is an input or an output keeps its name.
 */
public final class AnnotationRemoval {
  /** The most values that a note names; a program may have thousands. */
  private static final int MOST_NAMED = 8;

  private AnnotationRemoval() {}

  /**
   * Runs the pass; programs inside of operations stay as they are.
   *
   * @return one without annotations
   */
  public static Program run(Program program) {
    if (program.statements().stream().noneMatch(each -> each.operation() instanceof Annotate)) {
      return program;
    }
    Map<Value, Value> named = names(program);
    Map<Value, Value> same = new HashMap<>(named);
    List<Statement> kept = new ArrayList<>();
    for (Statement statement : program.statements()) {
      Operation operation = OperandSubstitution.replace(statement.operation(), same);
      if (operation instanceof Annotate annotate) {
        same.put(statement.result(), annotate.x());
      } else {
        List<Value> results = OperandSubstitution.replace(statement.results(), named);
        kept.add(new Statement(results, operation));
      }
    }
    return new Program(
        program.name(),
        program.inputs(),
        kept,
        OperandSubstitution.replace(program.outputs(), same));
  }

  /**
   * A note on a program's layouts for readers of a plan for one device.
   *
   * @param program the program, as it was given
   * @return a sentence; nothing if the program has no layouts
   */
  public static Optional<String> note(Program program) {
    List<String> laidOut = new ArrayList<>();
    for (Value input : program.inputs()) {
      if (input.type().labels().isAnnotated()) {
        laidOut.add(input.name());
      }
    }
    for (Statement statement : program.statements()) {
      boolean annotates = statement.operation() instanceof Annotate;
      for (Value result : statement.results()) {
        if (annotates || result.type().labels().isAnnotated()) {
          laidOut.add(result.name());
        }
      }
    }
    if (laidOut.isEmpty()) {
      return Optional.empty();
    }
    int more = laidOut.size() - MOST_NAMED;
    String names = String.join(", ", laidOut.subList(0, Math.min(laidOut.size(), MOST_NAMED)));
    return Optional.of(
        "this is one device: the layouts of "
            + names
            + (more > 0 ? " and " + more + " more" : "")
            + " are left out");
  }

  /** For each annotated result the value that replaces it. */
  private static Map<Value, Value> names(Program program) {
    Map<Value, Value> named = new HashMap<>();
    for (Statement statement : program.statements()) {
      if (statement.operation() instanceof Annotate(Value x, _)
          && !program.inputs().contains(x)
          && !program.outputs().contains(x)
          && !(definition(program, x).operation() instanceof Annotate)) {
        named.putIfAbsent(x, statement.result());
      }
    }
    return named;
  }

  private static Statement definition(Program program, Value value) {
    return program.statements().stream()
        .filter(each -> each.results().contains(value))
        .findFirst()
        .orElseThrow();
  }
}
