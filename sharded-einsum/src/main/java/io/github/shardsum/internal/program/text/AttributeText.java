package io.github.shardsum.internal.program.text;

import io.github.shardsum.program.Program;
import java.util.List;
import java.util.stream.Collectors;

/** An attribute's value in a program's text. */
sealed interface AttributeText {
  /** A number, a flag, a dtype or a name, without quotes. */
  record Word(String value) implements AttributeText {}

  /** Text in quotes. */
  record Text(String value) implements AttributeText {}

  /** A list of texts. */
  record Texts(List<String> values) implements AttributeText {
    /** Copies the list. */
    public Texts {
      values = List.copyOf(values);
    }
  }

  /** A program. */
  record Nested(Program program) implements AttributeText {}

  /** The attribute's text; the lines of a program begin with the indent. */
  default String text(String indent) {
    return switch (this) {
      case Word(String value) -> value;
      case Text(String value) -> quoted(value);
      case Texts(List<String> values) ->
          values.stream().map(AttributeText::quoted).collect(Collectors.joining(", ", "[", "]"));
      case Nested(Program program) -> ProgramPrinter.print(program, indent);
    };
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }
}
