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
 * rematerialised by name. The cotangent of a value x is called {@code cotangent.x}. An input's
 * gradient has the layout of the input, and an output's cotangent that of the output; both are
 * whole along the partial axes of that layout. Relations, indices, {@link
 * Pointwise.UnaryKind#FLOOR}, {@link Pointwise.UnaryKind#SIGN} and conversions to integers have the
 * derivative 0. If several elements equal the maximum or minimum, they share the gradient evenly,
 * as in JAX.
 */
public final class Gradients {
  private Gradients() {}

  /**
   * The gradient program. A scalar output has the cotangent 1; every other output adds an input
   * {@code cotangent.name} of the output's type.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate, of floating dtypes
   * @param inputs names of inputs to differentiate by, of floating dtypes
   * @return a program of the same inputs followed by the cotangents; for each input it has one
   *     output {@code gradient.name} of the input's type
   * @throws ProgramException if a name is not that of an output or input, or its dtype is not
   *     floating
   */
  public static Program gradient(Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, true, false).program();
  }

  /**
   * The differentiated outputs, followed by the gradients of {@link #gradient}.
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
   * The differentiated outputs and the gradients for any cotangents: as in {@link
   * #valueAndGradient}, but every output, also a scalar, adds an input {@code cotangent.name}.
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
   * A gradient program, and the cotangents among its values.
   *
   * @param program the gradient
   * @param cotangents the cotangents in the gradient, by the values of the differentiated program,
   *     in its order; values without a cotangent are missing. A cotangent is called {@code
   *     cotangent.name} or {@code gradient.name}, or has the name of an equal cotangent of another
   *     value
   */
  public record Gradient(Program program, Map<Value, Value> cotangents) {
    /** Copies the map. */
    public Gradient {
      cotangents = Collections.unmodifiableMap(new LinkedHashMap<>(cotangents));
    }
  }

  /**
   * The program of {@link #valueAndGradient}, with a map from values to their cotangents.
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
