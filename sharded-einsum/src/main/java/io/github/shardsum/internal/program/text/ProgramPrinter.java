package io.github.shardsum.internal.program.text;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** Text of programs; {@link ProgramParser} is its inverse. */
public final class ProgramPrinter {
  private static final String INDENT = "  ";

  private ProgramPrinter() {}

  /**
   * A program's text.
   *
   * @return lines, each with its end
   */
  public static String print(Program program) {
    return print(program, "") + "\n";
  }

  /** The text of a program whose first line is not indented, while all others are. */
  static String print(Program program, String indent) {
    String inner = indent + INDENT;
    StringBuilder text = new StringBuilder("program ").append(program.name()).append(" {\n");
    for (Value input : program.inputs()) {
      text.append(inner).append("input ").append(input).append('\n');
    }
    for (Statement statement : program.statements()) {
      text.append(inner).append(print(statement, inner)).append('\n');
    }
    StringJoiner outputs = new StringJoiner(", ", inner + "output ", "\n").setEmptyValue("");
    program.outputs().forEach(output -> outputs.add(output.name()));
    return text.append(outputs).append(indent).append('}').toString();
  }

  /**
   * A statement's line.
   *
   * @return the line, without its end
   */
  public static String print(Statement statement) {
    return print(statement, "");
  }

  private static String print(Statement statement, String indent) {
    String results =
        statement.results().stream().map(Value::toString).collect(Collectors.joining(", "));
    String operands =
        statement.operation().operands().stream()
            .map(Value::name)
            .collect(Collectors.joining(", ", "(", ")"));
    Map<String, AttributeText> attributes = OperationPrinter.attributes(statement.operation());
    StringJoiner text = new StringJoiner(", ", " {", "}").setEmptyValue("");
    attributes.forEach((key, value) -> text.add(key + "=" + value.text(indent)));
    return results + " = " + OperationPrinter.mnemonic(statement.operation()) + operands + text;
  }
}
