package io.github.shardsum.cli.train;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A backend of many devices for programs of a Transformer, laid out as in the paper's section 3.2:
 * sentences and the experts' weights, with what the optimizer keeps of them, are split over all
 * devices; other weights, the routers' among them, are on each.
 *
 * @param backend runs programs by their annotations
 * @param mesh its devices
 */
record SplitBackend(Backend backend, Mesh mesh) implements Backend {
  /** Sentences and experts, as the first label of an input. */
  private static final List<String> SPLIT = List.of("B", "E");

  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public Executable compile(Program program, CompileOptions options) {
    String axes = String.join(".", mesh.axisNames());
    Map<String, String> layouts = new TreeMap<>();
    for (Value input : program.inputs()) {
      List<String> labels = input.type().names();
      if (!labels.isEmpty() && SPLIT.contains(labels.getFirst())) {
        layouts.put(input.name(), labels.getFirst() + "@" + axes);
      }
    }
    return backend.compile(Annotations.of(layouts).apply(program), options);
  }
}
