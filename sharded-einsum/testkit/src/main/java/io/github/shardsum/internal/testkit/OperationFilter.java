package io.github.shardsum.internal.testkit;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.testkit.ProgramCase;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The part of a program that has only some operations. */
public final class OperationFilter {
  /** The name of a statement's operation in its text, and those of its nested programs. */
  private static final Pattern NAME = Pattern.compile(" = ([a-z_0-9]+)(?=[( {])");

  private OperationFilter() {}

  /**
   * A program of the statements that have some operations; the results of all others are inputs.
   *
   * @param names the operations' names in a program's text; none for all
   * @return the program and its inputs; empty if no statement is left
   */
  public static Optional<ProgramCase> of(ProgramCase drawn, Set<String> names) {
    if (names.isEmpty()) {
      return Optional.of(drawn);
    }
    Program program = drawn.program();
    List<Statement> some =
        program.statements().stream()
            .filter(statement -> names.containsAll(operations(statement)))
            .toList();
    if (some.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        some.size() == program.statements().size() ? drawn : StatementEdits.only(drawn, some));
  }

  private static List<String> operations(Statement statement) {
    return NAME.matcher(statement.toString()).results().map(OperationFilter::name).toList();
  }

  private static String name(MatchResult found) {
    return found.group(1);
  }
}
