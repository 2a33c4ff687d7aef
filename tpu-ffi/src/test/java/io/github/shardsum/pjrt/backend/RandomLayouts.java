package io.github.shardsum.pjrt.backend;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Puts layouts on some values of a program, evenly and unevenly, by a seed. */
final class RandomLayouts {
  private final Mesh mesh;
  private final RandomGenerator random;

  private RandomLayouts(Mesh mesh, long seed) {
    this.mesh = mesh;
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  static Program of(Program program, Mesh mesh, long seed) {
    RandomLayouts layouts = new RandomLayouts(mesh, seed);
    Map<String, Annotation> annotations = new LinkedHashMap<>();
    for (Value input : program.inputs()) {
      layouts.put(input, annotations);
    }
    for (Statement statement : program.statements()) {
      statement.results().forEach(result -> layouts.put(result, annotations));
    }
    return new Annotations(annotations).apply(program);
  }

  private void put(Value value, Map<String, Annotation> annotations) {
    if (value.type().rank() == 0 || random.nextInt(3) > 0) {
      return;
    }
    List<String> axes = new ArrayList<>(mesh.axisNames());
    List<LabelSpec> labels = new ArrayList<>();
    for (Axis axis : value.type().labels().axes()) {
      if (random.nextInt(4) > 0) {
        boolean split = !axes.isEmpty() && random.nextBoolean();
        List<String> by =
            split ? List.of(axes.remove(random.nextInt(axes.size()))) : List.<String>of();
        labels.add(new LabelSpec(axis.label(), by, random.nextInt(3) == 0));
      }
    }
    annotations.put(value.name(), new Annotation(labels, Set.of(), random.nextInt(2)));
  }
}
