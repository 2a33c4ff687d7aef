package io.github.shardsum.partition;

import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A plan whose steps name the steps that they read, so that steps can be moved, added and left out.
 */
final class PlanGraph {
  private static final Origin ORIGIN = new Origin("a test", Optional.empty());

  /** A result of a step; of no step, an input. */
  record Ref(Optional<Node> node, int place) {}

  /** A step. */
  static final class Node {
    Action action;
    final List<Ref> operands;
    List<PlannedValue> results;

    Node(Action action, List<Ref> operands, List<PlannedValue> results) {
      this.action = action;
      this.operands = new ArrayList<>(operands);
      this.results = results;
    }

    Ref ref() {
      return new Ref(Optional.of(this), 0);
    }

    boolean isStart() {
      return action instanceof Action.Start;
    }

    boolean isAwait() {
      return action instanceof Action.Await;
    }
  }

  final SpmdPlan plan;
  final List<Node> nodes = new ArrayList<>();
  final List<Ref> outputs = new ArrayList<>();

  PlanGraph(SpmdPlan plan) {
    this.plan = plan;
    List<Ref> values = new ArrayList<>();
    for (int input = 0; input < plan.inputs().size(); input++) {
      values.add(new Ref(Optional.empty(), input));
    }
    for (PlanStep step : plan.steps()) {
      Node node =
          new Node(
              step.action(), step.operands().stream().map(values::get).toList(), step.results());
      nodes.add(node);
      for (int place = 0; place < step.results().size(); place++) {
        values.add(new Ref(Optional.of(node), place));
      }
    }
    plan.outputs().forEach(output -> outputs.add(values.get(output)));
  }

  /** The plan, if every step is behind those that it reads. */
  Optional<SpmdPlan> build() {
    Map<Node, Integer> numbers = new HashMap<>();
    int next = plan.inputs().size();
    List<PlanStep> steps = new ArrayList<>();
    for (Node node : nodes) {
      List<Integer> operands = new ArrayList<>();
      for (Ref ref : node.operands) {
        if (ref.node().isPresent() && !numbers.containsKey(ref.node().get())) {
          return Optional.empty();
        }
        operands.add(number(ref, numbers));
      }
      steps.add(new PlanStep(node.action, operands, node.results, ORIGIN));
      numbers.put(node, next);
      next += node.results.size();
    }
    List<Integer> ends = outputs.stream().map(ref -> number(ref, numbers)).toList();
    return Optional.of(new SpmdPlan(plan.mesh(), plan.inputs(), steps, ends));
  }

  private static int number(Ref ref, Map<Node, Integer> numbers) {
    return ref.place() + ref.node().map(node -> numbers.get(node)).orElse(0);
  }

  /** Lets all readers of a value, outputs too, read another. */
  void replace(Ref value, Ref other) {
    nodes.forEach(node -> node.operands.replaceAll(ref -> ref.equals(value) ? other : ref));
    outputs.replaceAll(ref -> ref.equals(value) ? other : ref);
  }

  private boolean reads(Node node, Ref value) {
    return node.operands.contains(value);
  }

  /**
   * Starts collectives where they are and awaits them at a drawn place before their first reader,
   * at most two at once; whether there is one.
   */
  boolean start(Random random) {
    int done = 0;
    for (Node node : List.copyOf(nodes)) {
      if (!moves(node.action) || node.operands.size() != 1) {
        continue;
      }
      int at = nodes.indexOf(node);
      int last = at + 1;
      while (last < nodes.size() && !reads(nodes.get(last), node.ref())) {
        last++;
      }
      int end = at + 1 + random.nextInt(last - at);
      if (nodes.subList(0, end).stream().filter(Node::isStart).count()
              - nodes.subList(0, at).stream().filter(Node::isAwait).count()
          >= 2) {
        continue;
      }
      PlannedValue result = node.results.getFirst();
      Node await = new Node(new Action.Await(), List.of(node.ref()), node.results);
      replace(node.ref(), await.ref());
      await.operands.set(0, node.ref());
      nodes.add(end, await);
      node.action = new Action.Start(node.action);
      boolean rounds = dtype(node.operands.getFirst()) != result.dtype();
      if (rounds) {
        node.results =
            List.of(
                new PlannedValue(
                    result.name(),
                    dtype(node.operands.getFirst()),
                    result.shape(),
                    result.layout()));
      }
      done++;
    }
    return done > 0;
  }

  private DType dtype(Ref ref) {
    return ref.node()
        .map(node -> node.results.get(ref.place()))
        .orElseGet(() -> plan.inputs().get(ref.place()))
        .dtype();
  }

  static boolean moves(Action action) {
    return switch (action) {
      case Action.AllGather _,
          Action.AllToAll _,
          Action.AllReduce _,
          Action.ReduceScatter _,
          Action.CollectivePermute _ ->
          true;
      default -> false;
    };
  }
}
