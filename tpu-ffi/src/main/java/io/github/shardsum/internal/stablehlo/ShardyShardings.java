package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.ValueType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Layouts in Shardy's dialect, which names the axes of a mesh, like the notation of layouts. */
final class ShardyShardings implements ShardingDialect {
  private final Mesh mesh;

  ShardyShardings(Mesh mesh) {
    this.mesh = mesh;
  }

  @Override
  public List<String> header() {
    String axes =
        mesh.axes().stream()
            .map(axis -> "\"" + axis.name() + "\"=" + axis.size())
            .collect(Collectors.joining(", "));
    return List.of("sdy.mesh @mesh = <[" + axes + "]" + devices() + ">");
  }

  /** Writes the order of devices only if it is not the default order. */
  private String devices() {
    List<Integer> order = IntStream.range(0, mesh.size()).map(mesh::deviceAt).boxed().toList();
    boolean plain = order.equals(IntStream.range(0, mesh.size()).boxed().toList());
    return plain ? "" : ", device_ids=" + order;
  }

  @Override
  public String attribute(Term layout) {
    String dimensions =
        layout.axes().stream()
            .map(axis -> "{" + axes(axis.mesh()) + "}")
            .collect(Collectors.joining(", "));
    return "sdy.sharding = #sdy.sharding<@mesh, [" + dimensions + "]>";
  }

  @Override
  public Ssa constrain(StableHloOps ops, Ssa x, ValueType type, Annotation annotation) {
    String dimensions =
        type.labels().axes().stream()
            .map(axis -> dimension(axis, annotation))
            .collect(Collectors.joining(", "));
    return ops.out()
        .define(
            String.format(
                Locale.ROOT,
                "sdy.sharding_constraint %s <@mesh, [%s]> : %s",
                x,
                dimensions,
                x.type()),
            x.type());
  }

  private static String dimension(Axis axis, Annotation annotation) {
    Optional<LabelSpec> said =
        annotation.labels().stream().filter(spec -> spec.label().equals(axis.label())).findFirst();
    if (said.isEmpty()) {
      return "{?}";
    }
    String axes = axes(said.get().axes());
    String open = said.get().open() ? axes.isEmpty() ? "?" : ", ?" : "";
    // Shardy accepts a priority only for a dimension that has axes.
    String priority =
        annotation.priority() == 0 || axes.isEmpty() ? "" : "p" + annotation.priority();
    return "{" + axes + open + "}" + priority;
  }

  private static String axes(List<String> names) {
    return names.stream().map(name -> "\"" + name + "\"").collect(Collectors.joining(", "));
  }
}
