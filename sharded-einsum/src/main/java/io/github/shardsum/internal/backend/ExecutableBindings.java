package io.github.shardsum.internal.backend;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Tensors of a program by name. */
public final class ExecutableBindings {
  /** Names that a message lists. */
  private static final int MOST_NAMED = 20;

  private ExecutableBindings() {}

  /** The tensors in the order of the program's inputs. */
  public static List<Tensor> inputs(Program program, Map<String, Tensor> given) {
    Objects.requireNonNull(given, "inputs");
    Set<String> missing = new LinkedHashSet<>();
    program.inputs().forEach(input -> missing.add(input.name()));
    Set<String> unknown = new LinkedHashSet<>(given.keySet());
    unknown.removeAll(missing);
    missing.removeAll(given.keySet());
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "program "
              + program.name()
              + ": inputs must be "
              + list(program.inputs())
              + ", got "
              + list(given.keySet())
              + (missing.isEmpty() ? "" : "; missing " + list(missing))
              + (unknown.isEmpty() ? "" : "; unknown " + list(unknown)));
    }
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      inputs.add(Objects.requireNonNull(given.get(input.name()), () -> "input " + input));
    }
    return inputs;
  }

  /** Results by the names of the outputs; an output that is listed twice has one entry. */
  public static Map<String, Tensor> outputs(Program program, List<Tensor> results) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    for (int i = 0; i < results.size(); i++) {
      named.putIfAbsent(program.outputs().get(i).name(), results.get(i));
    }
    return Collections.unmodifiableMap(named);
  }

  private static String list(Collection<?> names) {
    return names.size() <= MOST_NAMED
        ? names.toString()
        : names.stream().limit(MOST_NAMED).toList()
            + " and "
            + (names.size() - MOST_NAMED)
            + " more";
  }
}
