package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Attribute;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Layouts in Shardy's dialect, as annotations. */
final class ShardingReader {
  private ShardingReader() {}

  static void constraint(ProgramScope scope, SsaStep step) {
    Attribute sharding =
        step.operation()
            .attribute("sharding")
            .orElseThrow(() -> step.operation().error("must have a sharding"));
    scope.put(step.result(), annotated(scope, step.operand(0), sharding));
  }

  /** A value with the layout that the module gives it. */
  static View annotated(ProgramScope scope, SsaValue value, Attribute sharding) {
    View.Held held = scope.holding(value, IntStream.range(0, value.rank()).boxed().toList());
    Annotation annotation = annotation(held, sharding);
    Value laid =
        annotation.labels().isEmpty() && annotation.partial().isEmpty()
            ? held.value()
            : scope.builder().add(new Movement.Annotate(held.value(), annotation)).getFirst();
    return new View.Held(laid, held.labels());
  }

  /** {@code <@mesh, [{"x"}, {?}, {"x", ?}]>}, with a priority behind a brace. */
  private static Annotation annotation(View.Held held, Attribute sharding) {
    List<Attribute> dimensions =
        sharding.items().stream()
            .filter(item -> item instanceof Mlir.Group)
            .findFirst()
            .map(Attribute::items)
            .orElse(List.of());
    boolean more = sharding.items().size() > 2 || !sharding.named().isEmpty();
    if (dimensions.size() != held.labels().size() || more) {
      throw new IllegalArgumentException(
          "a sharding must be a mesh and axes for each of "
              + held.labels().size()
              + " dimensions, without replicated or unreduced axes");
    }
    List<LabelSpec> labels = new ArrayList<>();
    int priority = 0;
    for (int i = 0; i < dimensions.size(); i++) {
      List<String> axes = dimensions.get(i).items().stream().map(Attribute::word).toList();
      boolean open = axes.contains("?");
      List<String> split = axes.stream().filter(axis -> !axis.equals("?")).toList();
      if (split.stream().anyMatch(axis -> axis.contains(":"))) {
        throw new IllegalArgumentException("parts of a mesh axis are not read, got " + split);
      }
      Attribute given = dimensions.get(i).named().get("priority");
      priority = given == null ? priority : Math.max(priority, Integer.parseInt(given.word()));
      if (!(open && split.isEmpty())) {
        labels.add(new LabelSpec(held.label(i).orElseThrow(), split, open));
      }
    }
    return new Annotation(labels, Set.of(), priority);
  }
}
