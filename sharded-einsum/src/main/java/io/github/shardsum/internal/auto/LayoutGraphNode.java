package io.github.shardsum.internal.auto;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A value of a program, or of a loop's body, while a graph is built: a node of the graph. */
final class LayoutGraphNode {
  /** The value's name; a value in a loop's body is {@code RESULT.body.VALUE}. */
  final String name;

  final Value value;

  /** The number of times that the value is made in a run. */
  final long times;

  /** The reduction that combines the value's addends. */
  ReduceKind by = ReduceKind.SUM;

  /** The number of uses of the value as an operand, plus 1 if it is an output. */
  int readers;

  final boolean isInput;
  boolean isOutput;
  int made;
  int lastRead;

  /** The annotation of the value's layout; empty if there is none. */
  Optional<Demand> demand = Optional.empty();

  /** The layouts that the value may have. */
  final Set<Layout> candidates = new LinkedHashSet<>();

  /** The candidates, once all are known, and the place of the value's node. */
  List<Layout> layouts = new ArrayList<>();

  int node = -1;

  LayoutGraphNode(String name, Value value, long times, boolean isInput, int made) {
    this.name = name;
    this.value = value;
    this.times = times;
    this.isInput = isInput;
    this.made = made;
    this.lastRead = made;
  }

  /** A condition on layouts. */
  @FunctionalInterface
  interface Demand {
    boolean allows(Layout layout);
  }
}
