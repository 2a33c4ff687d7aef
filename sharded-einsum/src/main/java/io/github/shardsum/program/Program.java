package io.github.shardsum.program;

import io.github.shardsum.internal.program.pass.ValueNames;
import io.github.shardsum.internal.program.text.ProgramParser;
import io.github.shardsum.internal.program.text.ProgramPrinter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A computation, written as for one device: inputs, statements in order, outputs. An immutable
 * value. A program is valid: every value is defined once and before it is used, and every result
 * has the type that its operation gives. {@link #toString} prints its text, from which {@link
 * #parse} makes an equal program.
 *
 * @param name the program's name, which follows the rule for names of values
 * @param inputs the values that a run receives, in order
 * @param statements the operations, each after the operations whose results it reads
 * @param outputs inputs or results, in order; one may occur twice
 */
public record Program(
    String name, List<Value> inputs, List<Statement> statements, List<Value> outputs) {
  /** Checks that the program is valid. */
  public Program {
    inputs = List.copyOf(inputs);
    statements = List.copyOf(statements);
    outputs = List.copyOf(outputs);
    checkName(name);
    check(name, inputs, statements, outputs);
  }

  private static void checkName(String name) {
    if (!Value.isName(name)) {
      throw ProgramException.at(
          "program",
          "name must have letters, digits, _ and ., the first no digit, got \"" + name + "\"");
    }
  }

  private static void check(
      String name, List<Value> inputs, List<Statement> statements, List<Value> outputs) {
    Map<String, Value> known = new HashMap<>();
    for (Value input : inputs) {
      define(name, input, known);
    }
    for (Statement statement : statements) {
      for (Value operand : statement.operation().operands()) {
        if (!operand.equals(known.get(operand.name()))) {
          throw ProgramException.of(
              statement.operation(),
              "operand " + operand + " is not defined before it in program " + name);
        }
      }
      statement.results().forEach(result -> define(name, result, known));
    }
    for (Value output : outputs) {
      if (!output.equals(known.get(output.name()))) {
        throw ProgramException.at(
            "program " + name, "output " + output + " is neither an input nor a result");
      }
    }
  }

  private static void define(String program, Value value, Map<String, Value> known) {
    if (!Value.isName(value.name())) {
      throw ProgramException.at(
          "program " + program, "values must have names, got " + value + " of a builder");
    }
    if (known.putIfAbsent(value.name(), value) != null) {
      throw ProgramException.at(
          "program " + program,
          "names must be distinct, got " + value + " and " + known.get(value.name()));
    }
  }

  /**
   * Begins a program.
   *
   * @param name the program's name, with the characters of a value's name: letters, digits, {@code
   *     _} and {@code .}, the first no digit
   * @return a fresh builder
   * @throws ProgramException if the name is not of this form
   */
  public static ProgramBuilder builder(String name) {
    checkName(Objects.requireNonNull(name, "name"));
    return new ProgramBuilder(name);
  }

  /**
   * Reads a program's text.
   *
   * @param text the text, as {@link #toString} prints it; types of results may be left out, and
   *     {@code #} begins a comment
   * @return the program
   * @throws ProgramException if the text is not a program; the message names the line
   */
  public static Program parse(String text) {
    return ProgramParser.parse(Objects.requireNonNull(text, "text"));
  }

  /**
   * The value with a name.
   *
   * @param valueName its name
   * @return the input or result
   * @throws ProgramException if no value has this name
   */
  public Value value(String valueName) {
    for (Value input : inputs) {
      if (input.name().equals(valueName)) {
        return input;
      }
    }
    for (Statement statement : statements) {
      for (Value result : statement.results()) {
        if (result.name().equals(valueName)) {
          return result;
        }
      }
    }
    throw ProgramException.at(
        "program " + name,
        "there is no value " + valueName + "; " + ValueNames.listed(inputs, statements));
  }

  /**
   * The same program under another name.
   *
   * @param other the name
   * @return the program
   */
  public Program named(String other) {
    return new Program(other, inputs, statements, outputs);
  }

  /** The text. */
  @Override
  public String toString() {
    return ProgramPrinter.print(this);
  }
}
