package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Chunked forms of a program's statements, and the default layouts of their values. */
final class ChunkedStatements {
  private final ReshardWays ways;
  private final Program program;
  private final Map<Value, Layout> homes = new HashMap<>();

  ChunkedStatements(ReshardWays ways, Program program) {
    this.ways = ways;
    this.program = program;
  }

  /** The default layout of a value of a chunked form. */
  Optional<Layout> home(Value value) {
    return Optional.ofNullable(homes.get(value));
  }

  /** The statements of a statement's chunked form, if the chunked label is split. */
  Optional<List<Statement>> of(
      Statement statement, PlanState state, Function<Value, Layout> homeOf) {
    Optional<String> label =
        isKeptWhole(statement.operation())
            ? Optional.empty()
            : ChunkedForm.label(statement.operation());
    if (label.isEmpty()) {
      return Optional.empty();
    }
    Value x = statement.operation().operands().getFirst();
    List<Layout> layouts = new ArrayList<>(state.holding(x).layouts());
    if (statement.result().type().names().equals(x.type().names())) {
      layouts.add(homeOf.apply(statement.result()));
    }
    int dim = x.type().axis(label.get());
    return layouts.stream()
        .filter(layout -> ways.mesh().size(layout.axes(dim)) > 1)
        .findFirst()
        .flatMap(layout -> of(statement, layout, dim));
  }

  /** Whether chunks would change the order of a sum. */
  private boolean isKeptWhole(Operation operation) {
    boolean isSum =
        operation instanceof Contraction.Softmax || operation instanceof Contraction.CumulativeSum;
    return ways.sums().isTree()
        && isSum
        && operation.operands().getFirst().type().dtype().isFloating();
  }

  private Optional<List<Statement>> of(Statement statement, Layout x, int dim) {
    return ChunkedForm.of(statement.operation(), ways.mesh().size(x.axes(dim)))
        .map(
            form -> {
              List<Statement> chunks = form.inPlaceOf(statement, program);
              chunks.stream()
                  .flatMap(chunk -> chunk.results().stream())
                  .filter(value -> !statement.results().contains(value))
                  .forEach(value -> homes.put(value, form.home(value, x, dim)));
              return chunks;
            });
  }
}
