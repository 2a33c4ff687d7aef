package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Replaces composites by their decompositions. */
public final class Decomposition {
  private Decomposition() {}

  /**
   * Runs the pass.
   *
   * @param which selects the composites to replace, also inside of decompositions
   * @return a program without such composites
   */
  public static Program run(Program program, Predicate<Composite> which) {
    boolean none =
        program.statements().stream()
            .noneMatch(each -> each.operation() instanceof Composite c && which.test(c));
    if (none) {
      return program;
    }
    ProgramEditor editor = new ProgramEditor(program);
    Map<Value, Value> same = new HashMap<>();
    for (Statement statement : program.statements()) {
      Statement now = OperandSubstitution.replace(statement, same);
      if (now.operation() instanceof Composite composite && which.test(composite)) {
        Program inner = run(composite.decomposition(), which);
        List<Value> results = editor.inline(inner, composite.operands());
        for (int i = 0; i < results.size(); i++) {
          same.put(statement.results().get(i), results.get(i));
        }
      } else {
        editor.keep(now);
      }
    }
    return editor.program(OperandSubstitution.replace(program.outputs(), same));
  }
}
