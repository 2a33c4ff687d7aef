package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Replays a plan on symbolic shards and refuses it unless every device ends with exactly its part
 * of the value that an equation says. A step is taken at its word, what it says of its result is
 * not: each device's indices are computed here, and so is which terms of a sum it has added up.
 */
public final class PlanChecker {
  private final SpmdPlan plan;
  private final Equation equation;
  private final Grid grid;
  private final List<Held> values = new ArrayList<>();

  /**
   * A value on all devices, the labels of its dimensions, the operands of the equation that it is
   * made of, and whether an einsum made it.
   */
  private record Held(
      List<Shard> shards, List<String> labels, Set<Integer> operands, boolean isMade) {
    /** What is complete on every device is no sum any more. */
    Held {
      boolean isComplete =
          shards.stream()
              .allMatch(shard -> shard.region().isComplete() && !shard.region().isNothing());
      shards =
          isComplete
              ? shards.stream().map(shard -> shard.with(Region.COMPLETE)).toList()
              : List.copyOf(shards);
    }
  }

  private PlanChecker(SpmdPlan plan, Equation equation) {
    this.plan = plan;
    this.equation = equation;
    grid = new Grid(plan.mesh());
  }

  /**
   * Checks a plan.
   *
   * @param plan the plan
   * @param equation what is to be computed, with the layouts of its operands and of its result
   * @return what was proved
   * @throws PlanRefusedException if a step is wrong, or the result is; it names the step, a device,
   *     and what that holds
   */
  public static Certificate check(SpmdPlan plan, Equation equation) {
    return new PlanChecker(plan, equation).run();
  }

  private Certificate run() {
    List<Term> operands = equation.operands();
    if (plan.inputs().size() != operands.size() || plan.outputs().size() != 1) {
      throw refused(
          "plan",
          "must have %d inputs and 1 output, got %d and %d"
              .formatted(operands.size(), plan.inputs().size(), plan.outputs().size()));
    }
    for (int i = 0; i < operands.size(); i++) {
      PlannedValue input = plan.inputs().get(i);
      checkLabels("input " + i, operands.get(i), input);
      values.add(given(i, operands.get(i), input.shape().toArray()));
      checkSaid("input " + i, values.get(i), input);
    }
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      String where = "step " + i + " (" + step.action().op() + ")";
      Held result = apply(where, i, step);
      checkSaid(where, result, step.result());
      values.add(result);
    }
    checkResult();
    return new Certificate(grid.devices(), plan.steps().size());
  }

  private Held given(int operand, Term term, long[] shape) {
    List<Shard> shards = new ArrayList<>();
    for (int device = 0; device < grid.devices(); device++) {
      Region region = Region.COMPLETE;
      for (String axis : term.partial()) {
        long at = grid.coordinate(device, axis);
        Region addend =
            Region.of(
                "addend of operand " + operand + " over " + axis,
                grid.size(axis),
                new Interval(at, at + 1));
        region = region.times(addend).orElseThrow();
      }
      shards.add(new Shard(grid.box(device, term, shape), region));
    }
    return new Held(shards, labels(term), Set.of(operand), false);
  }

  private Held apply(String where, int index, PlanStep step) {
    if (step.action() instanceof Action.Contract contract) {
      return contract(where, index, contract.equation(), step);
    }
    int number = step.operands().getFirst();
    PlannedValue operand = plan.value(number);
    Held from = values.get(number);
    checkSameValue(where, operand, step.result());
    List<Shard> shards = new ArrayList<>(from.shards());
    switch (step.action()) {
      case Action.Slice(String label, List<String> axes) ->
          slice(shards, dim(where, operand, label), axes);
      case Action.AllGather(String label, List<String> axes) ->
          gather(where, shards, dim(where, operand, label), axes);
      case Action.AllToAll(String out, String in, List<String> axes) -> {
        gather(where, shards, dim(where, operand, out), axes);
        slice(shards, dim(where, operand, in), axes);
      }
      case Action.AllReduce(List<String> axes) -> reduce(where, shards, axes);
      case Action.ReduceScatter(String label, List<String> axes) -> {
        reduce(where, shards, axes);
        slice(shards, dim(where, operand, label), axes);
      }
      case Action.CollectivePermute(List<String> axes) ->
          permute(where, shards, axes, step.result());
      case Action.Exchange(String label, List<String> axes) ->
          exchange(where, shards, dim(where, operand, label), axes, step.result());
      case Action.Contract _ -> throw new IllegalStateException();
    }
    return new Held(shards, from.labels(), from.operands(), from.isMade());
  }

  private void slice(List<Shard> shards, int dim, List<String> axes) {
    for (int device = 0; device < shards.size(); device++) {
      Shard shard = shards.get(device);
      shards.set(device, shard.with(dim, grid.chunk(device, shard.box().get(dim), axes)));
    }
  }

  /** In the order of the axes each member's indices begin where the last one's end. */
  private void gather(String where, List<Shard> shards, int dim, List<String> axes) {
    for (List<Integer> group : grid.groups(axes)) {
      Shard first = shards.get(group.getFirst());
      Interval run = new Interval(0, 0);
      for (int device : group) {
        Shard shard = shards.get(device);
        Interval own = shard.box().get(dim);
        boolean follows = run.isEmpty() || own.isEmpty() || own.from() == run.to();
        if (!shard.isBeside(first, dim) || !follows) {
          throw refused(
              where,
              "device %d holds %s, which does not follow what device %d holds, %s"
                  .formatted(device, shard, group.getFirst(), first));
        }
        run = own.isEmpty() ? run : new Interval(run.isEmpty() ? own.from() : run.from(), own.to());
      }
      for (int device : group) {
        shards.set(device, first.with(dim, run));
      }
    }
  }

  private void reduce(String where, List<Shard> shards, List<String> axes) {
    for (List<Integer> group : grid.groups(axes)) {
      Shard first = shards.get(group.getFirst());
      for (int device : group) {
        if (!shards.get(device).box().equals(first.box())) {
          throw refused(
              where,
              "device %d holds %s and device %d %s, which cannot be added"
                  .formatted(group.getFirst(), first, device, shards.get(device)));
        }
      }
      List<Region> regions = group.stream().map(device -> shards.get(device).region()).toList();
      Region sum =
          Region.sum(regions)
              .orElseThrow(
                  () ->
                      refused(
                          where,
                          "a term is added twice, by devices %s: device %d holds %s"
                              .formatted(group, group.getFirst(), first)));
      for (int device : group) {
        shards.set(device, first.with(sum));
      }
    }
  }

  /**
   * Each block that a device must get is held as often as devices must get it, and is not part of a
   * sum.
   */
  private void permute(String where, List<Shard> shards, List<String> axes, PlannedValue result) {
    for (List<Integer> group : grid.groups(axes)) {
      Map<Shard, Integer> held = new HashMap<>();
      group.forEach(device -> held.merge(shards.get(device), 1, Integer::sum));
      Map<Integer, Shard> received = new HashMap<>();
      for (int device : group) {
        List<Interval> wanted = said(device, result);
        Shard source = new Shard(wanted, shards.get(device).region());
        if (held.merge(source, -1, Integer::sum) < 0) {
          throw refused(
              where,
              "device %d must get %s, which no other device of %s has left to give"
                  .formatted(device, source, group));
        }
        received.put(device, source);
      }
      received.forEach(shards::set);
    }
  }

  private void exchange(
      String where, List<Shard> shards, int dim, List<String> axes, PlannedValue result) {
    for (List<Integer> group : grid.groups(axes)) {
      Shard first = shards.get(group.getFirst());
      List<Interval> held = new ArrayList<>();
      for (int device : group) {
        if (!shards.get(device).isBeside(first, dim)) {
          throw refused(
              where,
              "device %d holds %s, and device %d %s"
                  .formatted(group.getFirst(), first, device, shards.get(device)));
        }
        held.add(shards.get(device).box().get(dim));
      }
      for (int device : group) {
        Interval wanted = said(device, result).get(dim);
        if (!covers(held, wanted)) {
          throw refused(
              where,
              "device %d must get %s, and %s hold %s".formatted(device, wanted, group, held));
        }
        shards.set(device, first.with(dim, wanted));
      }
    }
  }

  private static boolean covers(List<Interval> held, Interval wanted) {
    long at = wanted.from();
    boolean moved = true;
    while (at < wanted.to() && moved) {
      moved = false;
      for (Interval interval : held) {
        if (interval.from() <= at && at < interval.to()) {
          at = interval.to();
          moved = true;
        }
      }
    }
    return at >= wanted.to();
  }

  private Held contract(String where, int index, Equation local, PlanStep step) {
    List<PlannedValue> operands = step.operands().stream().map(plan::value).toList();
    if (local.operands().size() != operands.size()) {
      throw refused(
          where, "the equation %s must have %d operands".formatted(local, operands.size()));
    }
    Map<String, Long> sizes = new HashMap<>();
    for (int i = 0; i < operands.size(); i++) {
      checkLabels(where, local.operands().get(i), operands.get(i));
      checkRead(where, local.operands().get(i), values.get(step.operands().get(i)));
      long[] shape = operands.get(i).shape().toArray();
      for (int dim = 0; dim < shape.length; dim++) {
        sizes.merge(label(local.operands().get(i), dim), shape[dim], Math::max);
      }
    }
    Term to = local.output();
    checkLabels(where, to, step.result());
    Set<Integer> parts = parts(where, step);
    Set<String> summed = summed(where, sizes.keySet(), to, parts);
    List<Shard> shards = new ArrayList<>();
    for (int device = 0; device < grid.devices(); device++) {
      shards.add(contract(where, index, local, step, sizes, summed, device));
    }
    return new Held(shards, labels(to), parts, true);
  }

  private Set<Integer> parts(String where, PlanStep step) {
    Set<Integer> parts = new HashSet<>();
    for (int operand : step.operands()) {
      for (int part : values.get(operand).operands()) {
        if (!parts.add(part)) {
          throw refused(where, "operand %d is multiplied twice".formatted(part));
        }
      }
    }
    return parts;
  }

  /**
   * A label is summed over once all operands that have it are multiplied, unless the result has it.
   */
  private Set<String> summed(String where, Set<String> labels, Term to, Set<Integer> parts) {
    Set<String> summed = new HashSet<>(labels);
    to.axes().forEach(axis -> summed.remove(axis.label()));
    for (String label : summed) {
      boolean late = has(equation.output(), label);
      for (int i = 0; i < equation.operands().size(); i++) {
        late |= !parts.contains(i) && has(equation.operands().get(i), label);
      }
      if (late) {
        throw refused(where, "label %s is summed over, and is still read".formatted(label));
      }
    }
    return summed;
  }

  private static boolean has(Term term, String label) {
    return term.axes().stream().anyMatch(axis -> axis.label().equals(label));
  }

  private Shard contract(
      String where,
      int index,
      Equation local,
      PlanStep step,
      Map<String, Long> sizes,
      Set<String> summed,
      int device) {
    Map<String, Interval> at = new HashMap<>();
    Region region = Region.COMPLETE;
    for (int i = 0; i < step.operands().size(); i++) {
      Shard shard = values.get(step.operands().get(i)).shards().get(device);
      long[] shape = plan.value(step.operands().get(i)).shape().toArray();
      Set<String> own = new HashSet<>();
      for (int dim = 0; dim < shape.length; dim++) {
        String label = label(local.operands().get(i), dim);
        boolean isBroadcast = shape[dim] == 1 && size(sizes, label) > 1;
        Interval held = shard.box().get(dim);
        Interval before = isBroadcast ? held : at.putIfAbsent(label, held);
        // The further dimensions of a diagonal are narrowed to the first one's indices.
        boolean fits =
            before == null || before.equals(held) || (!own.add(label) && held.contains(before));
        own.add(label);
        if (!fits) {
          throw refused(
              where,
              "device %d holds %s of label %s in one operand and %s in another"
                  .formatted(device, before, label, held));
        }
      }
      region =
          region
              .times(shard.region())
              .orElseThrow(() -> refused(where, "two operands are parts of the same sum"));
    }
    for (String label : summed) {
      String name = "label " + label + " of step " + index;
      Interval interval = at.getOrDefault(label, Interval.all(size(sizes, label)));
      region = region.times(Region.of(name, size(sizes, label), interval)).orElseThrow();
    }
    List<Interval> box = new ArrayList<>();
    List<Interval> said = said(device, step.result());
    Term to = local.output();
    for (int dim = 0; dim < to.axes().size(); dim++) {
      box.add(at.getOrDefault(label(to, dim), said.get(dim)));
    }
    return new Shard(box, region);
  }

  /** Every device has its part of the equation's result, or an addend of it that no other has. */
  private void checkResult() {
    Term wanted = equation.output();
    PlannedValue output = plan.value(plan.outputs().getFirst());
    Held held = values.get(plan.outputs().getFirst());
    checkLabels("result", wanted, output);
    checkRead("result", wanted, held);
    if (!held.isMade() && new HashSet<>(labels(wanted)).size() < wanted.size()) {
      throw refused("result", "must be zero off the diagonal, got operand " + held.operands());
    }
    if (held.operands().size() != equation.operands().size()) {
      throw refused("result", "only operands %s are multiplied".formatted(held.operands()));
    }
    for (int device = 0; device < grid.devices(); device++) {
      List<Interval> box = grid.box(device, wanted, output.shape().toArray());
      Shard shard = held.shards().get(device);
      if (!shard.box().equals(box)) {
        throw refused("result", "device %d must hold %s, got %s".formatted(device, box, shard));
      }
    }
    List<Shard> sums = new ArrayList<>(held.shards());
    reduce("result", sums, wanted.partial());
    for (int device = 0; device < grid.devices(); device++) {
      if (!sums.get(device).region().isComplete()) {
        throw refused(
            "result",
            "device %d must hold the whole sum, got %s".formatted(device, sums.get(device)));
      }
    }
  }

  /** The layout that a step names is where the executor looks for the shards. */
  private void checkSaid(String where, Held held, PlannedValue value) {
    for (int device = 0; device < grid.devices(); device++) {
      Shard shard = held.shards().get(device);
      List<Interval> said = said(device, value);
      if (!shard.box().equals(said)) {
        throw refused(
            where,
            "device %d holds %s, and layout \"%s\" says %s"
                .formatted(device, shard, value.layout(), said));
      }
    }
    checkCopies(where, held, value);
    // What it says is partial must be addends, of which none is another's.
    reduce(where, new ArrayList<>(held.shards()), value.layout().partial());
  }

  /** Devices that differ only along axes that a layout does not name may share one tensor. */
  private void checkCopies(String where, Held held, PlannedValue value) {
    Term term = value.layout().term();
    List<String> named = new ArrayList<>(term.partial());
    term.axes().forEach(axis -> named.addAll(axis.mesh()));
    Map<List<Long>, Integer> firsts = new HashMap<>();
    for (int device = 0; device < grid.devices(); device++) {
      List<Long> at = new ArrayList<>();
      for (String axis : named) {
        at.add(grid.coordinate(device, axis));
      }
      int first = firsts.merge(at, device, (old, _) -> old);
      if (!held.shards().get(device).equals(held.shards().get(first))) {
        throw refused(
            where,
            "device %d holds %s and device %d %s, which layout \"%s\" says are the same"
                .formatted(
                    device,
                    held.shards().get(device),
                    first,
                    held.shards().get(first),
                    value.layout()));
      }
    }
  }

  private List<Interval> said(int device, PlannedValue value) {
    return grid.box(device, value.layout().term(), value.shape().toArray());
  }

  private static void checkSameValue(String where, PlannedValue from, PlannedValue to) {
    boolean same =
        from.shape().equals(to.shape())
            && labels(from.layout().term()).equals(labels(to.layout().term()));
    if (!same) {
      throw refused(where, "must give the value that it takes, %s, got %s".formatted(from, to));
    }
  }

  /** A label that is repeated is repeated in what is read too. */
  private static void checkRead(String where, Term term, Held value) {
    if (!labels(term).equals(value.labels())) {
      throw refused(
          where, "must read dimensions %s, got %s".formatted(labels(term), value.labels()));
    }
  }

  private static void checkLabels(String where, Term term, PlannedValue value) {
    List<String> wanted = labels(term);
    List<String> names = labels(value.layout().term());
    boolean same = wanted.size() == names.size();
    for (int dim = 0; same && dim < names.size(); dim++) {
      // A further dimension of a repeated label has a name of its own in layouts.
      same = wanted.indexOf(wanted.get(dim)) < dim || wanted.get(dim).equals(names.get(dim));
    }
    if (!same) {
      throw refused(where, "must have the labels of %s, got %s".formatted(term, value));
    }
  }

  private static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  private static String label(Term term, int dim) {
    return term.axes().get(dim).label();
  }

  private static int dim(String where, PlannedValue value, String label) {
    int dim = labels(value.layout().term()).indexOf(label);
    if (dim < 0) {
      throw refused(where, "must name a label of %s, got %s".formatted(value, label));
    }
    return dim;
  }

  private static long size(Map<String, Long> sizes, String label) {
    return Objects.requireNonNull(sizes.get(label), label);
  }

  private static PlanRefusedException refused(String where, String why) {
    return new PlanRefusedException(where + ": " + why);
  }
}
