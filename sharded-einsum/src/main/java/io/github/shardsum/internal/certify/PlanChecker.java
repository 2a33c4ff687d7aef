package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

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
  private String where = "plan";

  /**
   * A value on all devices.
   *
   * @param labels of its dimensions
   * @param factors the operands of the equation that it is a product of
   * @param isMade whether an einsum made it
   */
  private record Held(
      List<Shard> shards, List<String> labels, Set<Integer> factors, boolean isMade) {
    /** What is complete on every device is no sum any more. */
    Held {
      boolean isSum =
          shards.stream().anyMatch(s -> !s.terms().isComplete() || s.terms().isNothing());
      shards =
          isSum ? shards : shards.stream().map(s -> new Shard(s.box(), Terms.COMPLETE)).toList();
    }

    Shard on(int device) {
      return shards.get(device);
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

  private PlanRefusedException refused(String why, Object... values) {
    Object[] shown =
        Arrays.stream(values).map(v -> v instanceof int[] of ? Arrays.toString(of) : v).toArray();
    return new PlanRefusedException(where + ": " + why.formatted(shown));
  }

  private void require(boolean condition, String why, Object... values) {
    if (!condition) {
      throw refused(why, values);
    }
  }

  private Certificate run() {
    List<Term> operands = equation.operands();
    require(
        plan.inputs().size() == operands.size() && plan.outputs().size() == 1,
        "must have %d inputs and 1 output, got %d and %d",
        operands.size(),
        plan.inputs().size(),
        plan.outputs().size());
    for (int i = 0; i < operands.size(); i++) {
      where = "input " + i;
      require(
          operands.get(i).size() == plan.inputs().get(i).shape().rank(),
          "must be %s",
          operands.get(i));
      values.add(given(i, operands.get(i), plan.inputs().get(i).shape()));
      checkSaid(values.get(i), plan.inputs().get(i));
    }
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      where = "step " + i + " (" + step.action().op() + ")";
      values.add(
          step.action() instanceof Action.Contract c
              ? contract(i, c.equation(), step)
              : moved(step));
      checkSaid(values.getLast(), step.result());
    }
    where = "result";
    checkResult(
        values.get(plan.outputs().getFirst()), plan.value(plan.outputs().getFirst()).shape());
    return new Certificate(grid.devices(), plan.steps().size());
  }

  private Held given(int operand, Term term, Shape shape) {
    List<Shard> shards = new ArrayList<>();
    for (int device = 0; device < grid.devices(); device++) {
      Terms terms = Terms.COMPLETE;
      for (String axis : term.partial()) {
        int part = grid.part(device, List.of(axis));
        String name = "addends of operand " + operand + " over " + axis;
        terms =
            terms
                .times(Terms.of(name, grid.parts(List.of(axis)), new Interval(part, part + 1)))
                .orElseThrow();
      }
      shards.add(new Shard(grid.box(device, term, shape), terms));
    }
    return new Held(shards, labels(term), Set.of(operand), false);
  }

  private Held moved(PlanStep step) {
    Held from = values.get(step.operands().getFirst());
    PlannedValue before = plan.value(step.operands().getFirst());
    require(
        before.shape().equals(step.result().shape()),
        "must give %s, got %s",
        before,
        step.result());
    Set<String> addends = wide(before.layout().partial());
    if (step.action() instanceof Action.AllReduce
        || step.action() instanceof Action.ReduceScatter) {
      step.action().groupAxes().forEach(addends::remove);
    }
    require(
        addends.equals(wide(step.result().layout().partial())),
        "must leave addends over %s",
        addends);
    List<Shard> shards = new ArrayList<>(from.shards());
    switch (step.action()) {
      case Action.Slice(String label, List<String> axes) -> slice(shards, dim(before, label), axes);
      case Action.AllGather(String label, List<String> axes) ->
          gather(shards, dim(before, label), axes);
      case Action.AllToAll(String out, String in, List<String> axes) -> {
        require(!out.equals(in), "must move axes from one label to another");
        gather(shards, dim(before, out), axes);
        slice(shards, dim(before, in), axes);
      }
      case Action.AllReduce(List<String> axes, ReduceKind by) -> {
        require(by == ReduceKind.SUM, "must be a sum, got %s", by);
        reduce(shards, axes);
      }
      case Action.ReduceScatter(String label, List<String> axes) -> {
        reduce(shards, axes);
        slice(shards, dim(before, label), axes);
      }
      case Action.CollectivePermute(List<String> axes) ->
          permute(shards, axes, before, step.result());
      case Action.Exchange(String label, List<String> axes) ->
          exchange(shards, dim(before, label), axes, step.result());
      case Action.Contract _, Action.Apply _, Action.Loop _ -> throw new IllegalStateException();
    }
    return new Held(shards, from.labels(), from.factors(), from.isMade());
  }

  private Set<String> wide(List<String> axes) {
    Set<String> wide = new TreeSet<>(axes);
    wide.removeIf(axis -> grid.parts(List.of(axis)) == 1);
    return wide;
  }

  private int[][] groups(List<String> axes) {
    require(grid.isAxes(axes), "must be over axes of the mesh, each once, got %s", axes);
    return grid.groups(axes);
  }

  private void slice(List<Shard> shards, int dim, List<String> axes) {
    groups(axes);
    for (int device = 0; device < shards.size(); device++) {
      Shard shard = shards.get(device);
      shards.set(device, shard.with(dim, grid.chunk(device, shard.box().get(dim), axes)));
    }
  }

  /** What the members hold are the chunks of what they hold together. */
  private void gather(List<Shard> shards, int dim, List<String> axes) {
    for (int[] group : groups(axes)) {
      List<Interval> held = beside(shards, group, dim);
      List<Interval> filled = held.stream().filter(interval -> !interval.isEmpty()).toList();
      Interval all =
          filled.isEmpty()
              ? held.getFirst()
              : new Interval(filled.getFirst().from(), filled.getLast().to());
      for (int i = 0; i < group.length; i++) {
        Interval chunk = grid.chunk(group[i], all, axes);
        require(
            held.get(i).equals(chunk),
            "device %d must hold %s of %s, got %s",
            group[i],
            chunk,
            all,
            held.get(i));
        shards.set(group[i], shards.get(group[i]).with(dim, all));
      }
    }
  }

  /**
   * The intervals of a group's members along a dimension, in all others of which they are alike.
   */
  private List<Interval> beside(List<Shard> shards, int[] group, int dim) {
    Shard first = shards.get(group[0]);
    for (int device : group) {
      Shard shard = shards.get(device);
      require(
          shard.equals(first.with(dim, shard.box().get(dim))),
          "device %d holds %s, which is not beside what device %d holds, %s",
          device,
          shard,
          group[0],
          first);
    }
    return Arrays.stream(group).mapToObj(device -> shards.get(device).box().get(dim)).toList();
  }

  private void reduce(List<Shard> shards, List<String> axes) {
    for (int[] group : groups(axes)) {
      Shard first = shards.get(group[0]);
      List<Terms> addends = new ArrayList<>();
      for (int device : group) {
        Shard shard = shards.get(device);
        require(
            shard.box().equals(first.box()),
            "device %d holds %s and device %d %s, which cannot be added",
            group[0],
            first,
            device,
            shard);
        addends.add(shard.terms());
      }
      Terms sum =
          Terms.sum(addends)
              .orElseThrow(
                  () ->
                      refused(
                          "devices %s add a term twice: device %d holds %s",
                          group, group[0], first));
      for (int device : group) {
        shards.set(device, new Shard(first.box(), sum));
      }
    }
  }

  /** A device gets the block whose number along every label it has afterwards. */
  private void permute(
      List<Shard> shards, List<String> axes, PlannedValue before, PlannedValue after) {
    require(grid.parts(before.layout().partial()) == 1, "must not move addends, got %s", before);
    for (int[] group : groups(axes)) {
      Map<List<Integer>, Shard> blocks = new HashMap<>();
      for (int device : group) {
        blocks.put(parts(device, before), shards.get(device));
      }
      for (int device : group) {
        Shard block = blocks.get(parts(device, after));
        require(
            block != null && sameParts(before, after),
            "no member of %s has what device %d must get",
            group,
            device);
        shards.set(device, Objects.requireNonNull(block));
      }
    }
  }

  private boolean sameParts(PlannedValue before, PlannedValue after) {
    boolean same = true;
    for (int dim = 0; dim < before.shape().rank(); dim++) {
      same &= grid.parts(before.layout().axes(dim)) == grid.parts(after.layout().axes(dim));
    }
    return same;
  }

  private List<Integer> parts(int device, PlannedValue value) {
    return value.layout().term().axes().stream()
        .map(axis -> grid.part(device, axis.mesh()))
        .toList();
  }

  /** The members hold disjoint intervals, of which each gets what the result's layout says. */
  private void exchange(List<Shard> shards, int dim, List<String> axes, PlannedValue result) {
    for (int[] group : groups(axes)) {
      List<Interval> held = new ArrayList<>(beside(shards, group, dim));
      held.sort(Comparator.comparingLong(Interval::from).thenComparingLong(Interval::to));
      for (int i = 1; i < held.size(); i++) {
        require(
            held.get(i - 1).to() <= held.get(i).from(),
            "devices %s hold %s, of which some twice",
            group,
            held);
      }
      for (int device : group) {
        Interval wanted = said(device, result).get(dim);
        long lacks = wanted.to() - wanted.from();
        for (Interval interval : held) {
          lacks -=
              Math.max(
                  0,
                  Math.min(wanted.to(), interval.to()) - Math.max(wanted.from(), interval.from()));
        }
        require(lacks == 0, "device %d must get %s, and %s hold %s", device, wanted, group, held);
        shards.set(device, shards.get(device).with(dim, wanted));
      }
    }
  }

  private Held contract(int index, Equation local, PlanStep step) {
    List<Held> read = step.operands().stream().map(values::get).toList();
    require(local.operands().size() == read.size(), "%s must have %d operands", local, read.size());
    Map<String, Long> sizes = new HashMap<>();
    Set<Integer> factors = new HashSet<>();
    for (int i = 0; i < read.size(); i++) {
      List<String> labels = labels(local.operands().get(i));
      require(
          labels.equals(read.get(i).labels()),
          "must read dimensions %s, got %s",
          read.get(i).labels(),
          labels);
      for (int dim = 0; dim < labels.size(); dim++) {
        sizes.merge(
            labels.get(dim), plan.value(step.operands().get(i)).shape().size(dim), Math::max);
      }
      for (int factor : read.get(i).factors()) {
        require(factors.add(factor), "operand %d is multiplied twice", factor);
      }
    }
    List<String> output = labels(local.output());
    require(output.size() == step.result().shape().rank(), "must give %s", local.output());
    Set<String> summed = new TreeSet<>(sizes.keySet());
    output.forEach(summed::remove);
    checkSummed(summed, factors);
    List<Map<String, Interval>> at = new ArrayList<>();
    for (int device = 0; device < grid.devices(); device++) {
      at.add(read(device, step, read, sizes));
    }
    Map<String, Integer> parts = new HashMap<>();
    summed.forEach(
        label -> parts.put(label, dealt(label, at, Objects.requireNonNull(sizes.get(label)))));
    List<Shard> shards = new ArrayList<>();
    for (int device = 0; device < grid.devices(); device++) {
      Terms terms = Terms.COMPLETE;
      for (Held operand : read) {
        terms =
            terms
                .times(operand.on(device).terms())
                .orElseThrow(() -> refused("two operands are parts of the same sum"));
      }
      for (Map.Entry<String, Integer> label : parts.entrySet()) {
        Interval own = Objects.requireNonNull(at.get(device).get(label.getKey()));
        terms =
            terms
                .times(Terms.of(label.getKey() + " of step " + index, label.getValue(), own))
                .orElseThrow();
      }
      // What only the result has is made, where the layout says.
      List<Interval> box = said(device, step.result());
      for (int dim = 0; dim < output.size(); dim++) {
        box.set(dim, at.get(device).getOrDefault(output.get(dim), box.get(dim)));
      }
      shards.add(new Shard(box, terms));
    }
    return new Held(shards, output, factors, true);
  }

  /**
   * A label is summed over once all operands that have it are multiplied, unless the result has it.
   */
  private void checkSummed(Set<String> summed, Set<Integer> factors) {
    for (String label : summed) {
      boolean late = labels(equation.output()).contains(label);
      for (int i = 0; i < equation.operands().size(); i++) {
        late |= !factors.contains(i) && labels(equation.operands().get(i)).contains(label);
      }
      require(!late, "label %s is summed over, and is still read", label);
    }
  }

  /** The indices of each label that a device's operands have, all the same ones. */
  private Map<String, Interval> read(
      int device, PlanStep step, List<Held> read, Map<String, Long> sizes) {
    Map<String, Interval> at = new HashMap<>();
    for (int i = 0; i < read.size(); i++) {
      Set<String> own = new HashSet<>();
      for (int dim = 0; dim < read.get(i).labels().size(); dim++) {
        String label = read.get(i).labels().get(dim);
        long size = plan.value(step.operands().get(i)).shape().size(dim);
        Interval held = read.get(i).on(device).box().get(dim);
        boolean isBroadcast = size == 1 && Objects.requireNonNull(sizes.get(label)) > 1;
        // Further dimensions of a diagonal are whole, and narrowed to the first one's indices.
        boolean isWhole = isBroadcast || !own.add(label);
        Interval wanted =
            isWhole
                ? Interval.all(size)
                : Objects.requireNonNullElse(at.putIfAbsent(label, held), held);
        require(
            held.equals(wanted),
            "device %d must hold %s of label %s, got %s",
            device,
            wanted,
            label,
            held);
      }
    }
    sizes.forEach((label, size) -> at.putIfAbsent(label, Interval.all(size)));
    return at;
  }

  /** In how many intervals a label is dealt out over the devices; they have each index once. */
  private int dealt(String label, List<Map<String, Interval>> at, long size) {
    Set<Interval> parts =
        new TreeSet<>(Comparator.comparingLong(Interval::from).thenComparingLong(Interval::to));
    at.forEach(device -> parts.add(Objects.requireNonNull(device.get(label))));
    parts.removeIf(Interval::isEmpty);
    long end = 0;
    for (Interval part : parts) {
      require(part.from() == end, "label %s is summed over %s", label, parts);
      end = part.to();
    }
    require(end == size, "label %s is summed over %s", label, parts);
    return parts.size();
  }

  /** Every device has its part of the equation's result, or an addend of it that no other has. */
  private void checkResult(Held held, Shape shape) {
    List<String> labels = labels(equation.output());
    require(labels.equals(held.labels()), "must have dimensions %s, got %s", labels, held.labels());
    require(
        held.isMade() || new HashSet<>(labels).size() == labels.size(),
        "must be zero off the diagonal");
    require(
        held.factors().size() == equation.operands().size(),
        "only operands %s are multiplied",
        held.factors());
    List<Shard> sums = new ArrayList<>(held.shards());
    reduce(sums, equation.output().partial());
    for (int device = 0; device < grid.devices(); device++) {
      List<Interval> box = grid.box(device, equation.output(), shape);
      boolean isRight = held.on(device).box().equals(box) && sums.get(device).terms().isComplete();
      require(
          isRight,
          "device %d must hold the whole sum of %s, got %s",
          device,
          box,
          sums.get(device));
    }
  }

  /** A layout is where the executor looks for shards; those that it says are the same it shares. */
  private void checkSaid(Held held, PlannedValue value) {
    List<String> partial = value.layout().partial();
    require(
        value.dtype() != DType.BF16 || grid.parts(partial) == 1,
        "addends must be f32, got %s",
        value);
    Map<List<Object>, Shard> tiles = new HashMap<>();
    for (int device = 0; device < grid.devices(); device++) {
      Shard shard = held.on(device);
      List<Interval> said = said(device, value);
      require(
          shard.box().equals(said),
          "device %d holds %s, and %s says %s",
          device,
          shard,
          value.layout(),
          said);
      Shard other = tiles.putIfAbsent(List.of(said, grid.part(device, partial)), shard);
      require(
          other == null || shard.equals(other),
          "device %d holds %s and another %s, which %s says are the same",
          device,
          shard,
          other,
          value.layout());
    }
    // What it says is partial must be addends, of which none is another's.
    reduce(new ArrayList<>(held.shards()), partial);
  }

  private List<Interval> said(int device, PlannedValue value) {
    return grid.box(device, value.layout().term(), value.shape());
  }

  private static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  private int dim(PlannedValue value, String label) {
    int dim = labels(value.layout().term()).indexOf(label);
    require(dim >= 0, "must name a label of %s, got %s", value, label);
    return dim;
  }
}
