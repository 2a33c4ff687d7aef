package io.github.shardsum.program;

import io.github.shardsum.internal.program.gradient.Differentiation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gradients of programs, which are programs: reverse-mode differentiation. The gradient of an
 * einsum is an einsum. The gradient of a scan is a scan in the other direction, which reads the
 * carried values of every round. The gradient of a composite is the composite {@code
 * name.gradient}.
 *
 * <p>Forward statements that the gradient needs keep their names, so that they can be
 * rematerialised by name, and the cotangent of a value x is called {@code cotangent.x}. An input's
 * gradient and an output's cotangent have the input's and the output's layout; where that is a
 * partial sum, they are summed. Relations, indices, {@link Pointwise.UnaryKind#FLOOR}, {@link
 * Pointwise.UnaryKind#SIGN} and conversions to integers have the derivative 0. Where a maximum or
 * minimum has several elements they share the gradient evenly, as in JAX.
 */
public final class Gradients {
  private Gradients() {}

  /**
   * The gradient. For a scalar output it is the gradient of the output itself; every other output
   * adds an input {@code cotangent.name} of its type.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate, of floating dtypes
   * @param inputs names of inputs to differentiate by, of floating dtypes
   * @return a program of the same inputs and then the cotangents, with one output {@code
   *     gradient.name} an input, of its type
   * @throws ProgramException if a name is no output or input, or not floating
   */
  public static Program gradient(Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, true, false).program();
  }

  /**
   * The gradient after the outputs: as {@link #gradient}, and before the gradients stand the
   * outputs that were differentiated.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate
   * @param inputs names of inputs to differentiate by
   * @return the program
   * @throws ProgramException as {@link #gradient}
   */
  public static Program valueAndGradient(
      Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, true, true).program();
  }

  /**
   * The gradient after the outputs, for any cotangents: as {@link #valueAndGradient}, but every
   * output adds an input {@code cotangent.name}, scalars too.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate
   * @param inputs names of inputs to differentiate by
   * @return the program
   * @throws ProgramException as {@link #gradient}
   */
  public static Program valueAndPullback(
      Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, false, true).program();
  }

  /**
   * A gradient program, and the roles of its values.
   *
   * @param program the gradient
   * @param cotangents for each value of the differentiated program that has one, in its order, its
   *     cotangent in the gradient: a value called {@code cotangent.name} or {@code gradient.name},
   *     or the cotangent of another value that it equals
   */
  public record Gradient(Program program, Map<Value, Value> cotangents) {
    /** Copies the map. */
    public Gradient {
      cotangents = Collections.unmodifiableMap(new LinkedHashMap<>(cotangents));
    }
  }

  /**
   * As {@link #valueAndGradient}, and says which value of the gradient is whose cotangent.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate
   * @param inputs names of inputs to differentiate by
   * @return the program with the cotangents of its values
   * @throws ProgramException as {@link #gradient}
   */
  public static Gradient differentiate(Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, true, true);
  }

  private static Gradient make(
      Program program, List<String> outputs, List<String> inputs, boolean ones, boolean values) {
    List<Integer> of = indices(program, "output", program.outputs(), outputs);
    List<Integer> by = indices(program, "input", program.inputs(), inputs);
    return Differentiation.run(program, of, by, ones, values);
  }

  private static List<Integer> indices(
      Program program, String what, List<Value> values, List<String> names) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      places.putIfAbsent(values.get(i).name(), i);
    }
    String where = "gradient of " + program.name();
    List<Integer> indices = new ArrayList<>();
    for (String name : names) {
      Integer place = places.get(name);
      if (place == null) {
        throw ProgramException.at(
            where, "there is no " + what + " " + name + "; there are " + values);
      }
      if (!values.get(place).type().dtype().isFloating()) {
        throw ProgramException.at(
            where, what + " must have a floating dtype, got " + values.get(place));
      }
      indices.add(place);
    }
    if (new HashSet<>(indices).size() < indices.size()) {
      throw ProgramException.at(where, what + " names must be distinct, got " + names);
    }
    return indices;
  }
}
