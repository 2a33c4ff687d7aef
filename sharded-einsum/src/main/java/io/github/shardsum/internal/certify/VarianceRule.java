package io.github.shardsum.internal.certify;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Nested;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Follows, step by step of a plan, along which axes of regions members may have different values. A
 * value that is gathered or all-reduced over an axis is the same along that axis. The result of any
 * other communication over an axis differs along it, and so does a member's index. Any other value
 * differs along an axis if one of its operands does.
 */
final class VarianceRule {
  private VarianceRule() {}

  /** The axes along which each output of a region's body may differ. */
  static List<Set<String>> ofOutputs(Nested.Manual region, SpmdPlan body) {
    List<Set<String>> inputs = new ArrayList<>();
    region
        .in()
        .forEach(
            term -> {
              Set<String> axes = new TreeSet<>();
              term.axes().forEach(axis -> axes.addAll(axis.mesh()));
              inputs.add(axes);
            });
    return outputs(body, inputs);
  }

  private static List<Set<String>> outputs(SpmdPlan plan, List<Set<String>> inputs) {
    List<Set<String>> values = new ArrayList<>(inputs);
    for (PlanStep step : plan.steps()) {
      List<Set<String>> read = step.operands().stream().map(values::get).toList();
      values.addAll(results(step, read));
    }
    return plan.outputs().stream().map(values::get).toList();
  }

  private static List<Set<String>> results(PlanStep step, List<Set<String>> read) {
    List<Set<String>> results = new ArrayList<>();
    switch (step.action()) {
      case Action.Loop loop when loop.statement().operation() instanceof Nested.Scan scan ->
          results.addAll(rounds(loop.body(), scan.carried().size(), read));
      case Action.Loop loop when loop.statement().operation() instanceof Nested.Manual region -> {
        List<Set<String>> inside = new ArrayList<>();
        for (int i = 0; i < read.size(); i++) {
          Set<String> all = new TreeSet<>(read.get(i));
          region.in().get(i).axes().forEach(axis -> all.addAll(axis.mesh()));
          inside.add(all);
        }
        for (Set<String> output : outputs(loop.body(), inside)) {
          Set<String> left = new TreeSet<>(output);
          region.axes().forEach(axis -> left.remove(axis.name()));
          results.add(left);
        }
      }
      case Action.Communicate communicate -> results.add(communicated(communicate, all(read)));
      case Action.AllReduce _ when step.results().size() > 1 -> results.addAll(read);
      default -> step.results().forEach(_ -> results.add(all(read)));
    }
    return results;
  }

  private static Set<String> communicated(Action.Communicate communicate, Set<String> read) {
    Set<String> axes = new TreeSet<>(read);
    switch (communicate.communication()) {
      case Communication.AllReduce _, Communication.AllGather _ ->
          axes.removeAll(new TreeSet<>(communicate.groupAxes()));
      case Communication.ReduceScatter _,
          Communication.AllToAll _,
          Communication.Permute _,
          Communication.OwnChunk _,
          Communication.AxisIndex _ ->
          axes.addAll(communicate.groupAxes());
    }
    return axes;
  }

  /** Rounds are followed until no carried value differs along more axes. */
  private static List<Set<String>> rounds(SpmdPlan body, int carried, List<Set<String>> read) {
    List<Set<String>> inputs = new ArrayList<>(read);
    while (true) {
      List<Set<String>> made = outputs(body, inputs);
      boolean grew = false;
      for (int i = 0; i < carried; i++) {
        Set<String> both = all(List.of(inputs.get(i), made.get(i)));
        grew |= both.size() > inputs.get(i).size();
        inputs.set(i, both);
      }
      if (!grew) {
        List<Set<String>> results = new ArrayList<>(inputs.subList(0, carried));
        results.addAll(made.subList(carried, made.size()));
        return results;
      }
    }
  }

  private static Set<String> all(Collection<Set<String>> sets) {
    Set<String> all = new TreeSet<>();
    sets.forEach(all::addAll);
    return all;
  }
}
