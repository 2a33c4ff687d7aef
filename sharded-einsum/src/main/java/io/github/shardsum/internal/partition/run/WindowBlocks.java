package io.github.shardsum.internal.partition.run;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.reshard.WindowedEinsum;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Runs an einsum in windows on the devices of this process. If a process holds all devices, nothing
 * travels: chunks are read in their owners' memory, and sums are made in their destinations'
 * memory. Otherwise the blocks travel in rings while devices compute. In both cases the products
 * and their order are the same, and so are the bits.
 */
final class WindowBlocks implements StepCode {
  private static final int HALVES = 2;

  private final Action.Windows action;
  private final WindowedEinsum whole;
  private final List<Integer> operands;
  private final int number;
  private final int result;
  private final PlanRunFrame frame;
  private final DeviceGroups groups;
  private final int members;
  private final boolean isAlone;

  /** The place of each device of this process. */
  private final Map<Integer, Integer> places = new HashMap<>();

  private final CompiledBlockEinsum forms;

  /**
   * The chunks of a gather in the order of the rounds, each as its distance from the device's own
   * chunk.
   */
  private final List<Integer> distances;

  /**
   * For each device the distance of its first chunk that is not empty; 0 if all chunks are empty.
   */
  private final int[] first;

  WindowBlocks(
      Action.Windows action, SpmdPlan plan, int number, PlanRunFrame frame, OverlapWorkers behind) {
    PlanStep step = plan.steps().get(number);
    this.action = action;
    this.operands = step.operands();
    this.number = number;
    this.result = plan.number(number);
    this.frame = frame;
    this.whole =
        WindowedEinsum.of(action, operands.stream().map(frame::value).toList(), step.result());
    this.members = whole.members();
    this.groups = plan.mesh().groups(action.axes());
    this.isAlone = frame.devices().size() == plan.mesh().size();
    Workers alone = Workers.sequential();
    this.forms =
        new CompiledBlockEinsum(
            whole.equation(),
            EinsumOptions.defaults().withDtype(sumDType()).withSums(plan.sums()),
            travels() ? behind::workers : _ -> alone);
    for (int i = 0; i < frame.devices().size(); i++) {
      places.put(frame.devices().get(i), i);
    }
    this.distances = distances(action, members);
    this.first = IntStream.range(0, frame.devices().size()).map(this::firstDistance).toArray();
  }

  /** Whether rounds of bf16 are summed in a separate f32 buffer. */
  boolean sumsApart() {
    return whole.accumulates(action.isScatter()) && frame.value(result).dtype() == DType.BF16;
  }

  /** The dtype in which rounds are added up. */
  DType sumDType() {
    return sumsApart() ? DType.F32 : frame.value(result).dtype();
  }

  /** Whether chunks travel through buffers. */
  boolean travels() {
    return !isAlone && members > 1;
  }

  /** Number of buffers of a ring: two in a scatter; in a gather one for each round, at most two. */
  int buffers(int ring) {
    return action.isScatter() ? HALVES : Math.min(2, action.rings().get(ring).rounds(members));
  }

  int rings() {
    return action.rings().size();
  }

  /** The dtype of the travelling blocks. */
  DType travelling() {
    return WindowedEinsum.travelling(
        action, operands.stream().map(frame::value).toList(), frame.value(result));
  }

  /** Elements of the largest chunk that a device has in a buffer. */
  long largest(int i) {
    return IntStream.range(0, members)
        .mapToLong(
            chunk ->
                action.isScatter()
                    ? Math.max(half(i, chunk, 0).elementCount(), half(i, chunk, 1).elementCount())
                    : chunk(i, chunk).elementCount())
        .max()
        .orElse(0);
  }

  private int member(int i) {
    return groups.memberOf(frame.devices().get(i));
  }

  private int device(int i, int member) {
    return groups.device(groups.groupOf(frame.devices().get(i)), member);
  }

  private int shifted(int i, int by) {
    return Math.floorMod(member(i) + by, members);
  }

  /** The value whose label is cut by the axes: the gathered operand, or the scattered result. */
  private PlannedValue cutValue() {
    return frame.value(action.isScatter() ? result : operands.get(action.operand()));
  }

  private int cutDim() {
    return cutValue().layout().dim(action.label());
  }

  /** The start of a member's chunk within the group's whole dimension. */
  private long start(int i, int member) {
    return begin(cutValue(), device(i, member)) - begin(wholeValue(), device(i, member));
  }

  private PlannedValue wholeValue() {
    return action.isScatter() ? whole.result() : whole.operands().get(action.operand());
  }

  private long begin(PlannedValue value, int device) {
    Layout layout = value.layout();
    Cut cut = layout.cut(cutDim(), value.shape().size(cutDim()));
    return cut.start(layout.part(cutDim(), device));
  }

  private long length(int i, int member) {
    return chunk(i, member).size(cutDim());
  }

  /** Shape of a member's chunk. */
  private Shape chunk(int i, int member) {
    PlannedValue value = cutValue();
    return value.layout().localShape(value.shape(), device(i, member));
  }

  /** Shape of one half of the result's chunk of a member. */
  private Shape half(int i, int member, int half) {
    long[] sizes = chunk(i, member).toArray();
    sizes[cutDim()] = Cut.chunks(sizes[cutDim()], HALVES).length(half);
    return Shape.of(sizes);
  }

  /** Adds the steps. */
  void add(CollectivePlan.Builder builder) {
    if (action.isScatter()) {
      if (travels()) {
        scatterInRings(builder);
      } else {
        scatterInPlace(builder);
      }
    } else if (travels()) {
      gatherInRings(builder);
    } else {
      builder.compute(action.op(), (i, _) -> gatherInPlace(i));
    }
    if (sumsApart()) {
      builder.compute(
          "round",
          (i, _) -> {
            if (frame.isFirst(result, i)) {
              frame.get(result, i).assign(sum(i).convert(DType.BF16));
            }
          });
    }
  }

  /** The tensor in which the rounds of a device are added up. */
  private Tensor sum(int i) {
    return sumsApart()
        ? frame.temporary(number, Purpose.SUM, 0, frame.first(result, i))
        : frame.get(result, i);
  }

  private static List<Integer> distances(Action.Windows action, int members) {
    List<Integer> all = new ArrayList<>(List.of(0));
    int most = action.rings().stream().mapToInt(ring -> ring.rounds(members)).max().orElse(0);
    for (int round = 1; round <= most; round++) {
      for (Action.Ring ring : action.rings()) {
        if (round <= ring.rounds(members)) {
          all.add(round * ring.step());
        }
      }
    }
    return List.copyOf(all);
  }

  private void gatherInPlace(int i) {
    if (frame.isFirst(result, i)) {
      for (int distance : distances) {
        int chunk = shifted(i, distance);
        int owner = places.getOrDefault(device(i, chunk), -1);
        gathered(i, distance, frame.get(operands.get(action.operand()), owner));
      }
    }
  }

  /**
   * One product of a gather: a chunk of the gathered operand times the other operand, or times a
   * part of the other operand.
   */
  private void gathered(int i, int distance, Tensor chunk) {
    int member = shifted(i, distance);
    Equation equation = whole.equation();
    boolean isSummed = whole.accumulates(false);
    boolean isFirst = distance == first[i];
    if (length(i, member) == 0 && !(isSummed && isFirst)) {
      return;
    }
    Tensor[] views = new Tensor[2];
    views[action.operand()] = chunk;
    int other = 1 - action.operand();
    views[other] = narrowed(frame.get(operands.get(other), i), equation.operand(other), i, member);
    Tensor out = sum(i);
    product(
        views, isSummed ? out : narrowed(out, equation.output(), i, member), !isSummed || isFirst);
  }

  private int firstDistance(int i) {
    return distances.stream()
        .filter(distance -> length(i, shifted(i, distance)) > 0)
        .findFirst()
        .orElse(0);
  }

  /**
   * The part of a block that belongs to a member's chunk of the label; the whole block without the
   * label.
   */
  private Tensor narrowed(Tensor block, Term term, int i, int member) {
    int dim = WindowedEinsum.dim(term, whole.label());
    return dim < 0
        ? block
        : block.slice(dim, start(i, member), start(i, member) + length(i, member));
  }

  private void product(Tensor[] views, Tensor out, boolean isFirst) {
    if (out.shape().elementCount() > 0) {
      forms.of(views, out).runInto(1, isFirst ? 0 : 1, out, views);
    }
  }

  private String flight(int ring) {
    return "%" + result + "." + ring;
  }

  /**
   * Runs the rounds of a gather. Chunks travel in the direction opposite to the step: after member
   * c's own chunk comes the chunk of member c + step.
   */
  private void gatherInRings(CollectivePlan.Builder builder) {
    int most = action.rings().stream().mapToInt(ring -> ring.rounds(members)).max().orElse(0);
    // With two members one of the rings has no round.
    int firstRing = action.rings().getFirst().rounds(members) > 0 ? 0 : 1;
    for (int round = 0; round <= most; round++) {
      int now = round;
      for (int ring = 0; ring < rings(); ring++) {
        if (round < action.rings().get(ring).rounds(members)) {
          int own = ring;
          start(
              builder,
              now == 0 && own == firstRing,
              flight(ring),
              shift(-action.rings().get(ring).step()),
              () -> frame.each(i -> arrived(own, now, i)),
              () -> frame.each(i -> arrived(own, now + 1, i)));
        }
      }
      builder.compute(action.op(), (i, _) -> computeRound(now, i));
      for (int ring = 0; ring < rings(); ring++) {
        if (round < action.rings().get(ring).rounds(members)) {
          builder.await(flight(ring));
        }
      }
    }
  }

  /**
   * Starts a round. Processes compare their arguments in the first round only, since the other
   * rounds follow from it.
   */
  private static void start(
      CollectivePlan.Builder builder,
      boolean isFirst,
      String flight,
      Collective shift,
      Supplier<List<Tensor>> x,
      Supplier<List<Tensor>> out) {
    if (isFirst) {
      builder.start(flight, shift, x, out);
    } else {
      builder.startRound(flight, shift, x, out);
    }
  }

  private void computeRound(int round, int i) {
    if (!frame.isFirst(result, i)) {
      return;
    }
    if (round == 0) {
      gathered(i, 0, arrived(0, 0, i));
      return;
    }
    for (int ring = 0; ring < rings(); ring++) {
      if (round <= action.rings().get(ring).rounds(members)) {
        gathered(i, round * action.rings().get(ring).step(), arrived(ring, round, i));
      }
    }
  }

  /** The chunk that a device has from a ring in a round; in the first round its own chunk. */
  private Tensor arrived(int ring, int round, int i) {
    if (round == 0) {
      return frame.get(operands.get(action.operand()), i);
    }
    int member = shifted(i, round * action.rings().get(ring).step());
    return buffer(ring, (round - 1) % 2, i, chunk(i, member));
  }

  private Tensor buffer(int ring, int which, int i, Shape shape) {
    return frame
        .temporary(number, Purpose.WINDOW, HALVES * ring + which, i)
        .slice(0, 0, shape.elementCount())
        .reshape(shape.toArray());
  }

  private Collective shift(int by) {
    return Collective.Permute.shift(by, members, action.axes().toArray(String[]::new));
  }

  /** The member for whose half a device computes in a round. */
  private IntUnaryOperator destination(int half, int round) {
    int step = action.rings().get(half).step();
    return i -> shifted(i, -step * (1 + round));
  }

  /** A product for one half of a destination's chunk. */
  private void scattered(int i, int half, int round, Tensor out) {
    int member = destination(half, round).applyAsInt(i);
    Cut cut = Cut.chunks(length(i, member), HALVES);
    long from = start(i, member) + cut.start(half);
    Tensor[] views = new Tensor[2];
    for (int operand = 0; operand < views.length; operand++) {
      Tensor block = frame.get(operands.get(operand), i);
      int dim = WindowedEinsum.dim(whole.equation().operand(operand), whole.label());
      views[operand] = dim < 0 ? block : block.slice(dim, from, from + cut.length(half));
    }
    product(views, out, round == 0);
  }

  private Tensor half(Tensor block, int i, int member, int half) {
    Cut cut = Cut.chunks(length(i, member), HALVES);
    return block.slice(cutDim(), cut.start(half), cut.end(half));
  }

  /**
   * Runs the rounds of a scatter in one process: in each round every destination adds one more
   * addend to its sum.
   */
  private void scatterInPlace(CollectivePlan.Builder builder) {
    for (int round = 0; round < members; round++) {
      int now = round;
      builder.compute(
          action.op(),
          (i, _) -> {
            for (int half = 0; half < HALVES; half++) {
              int member = destination(half, now).applyAsInt(i);
              int owner = places.getOrDefault(device(i, member), -1);
              if (frame.isFirst(result, owner)) {
                scattered(i, half, now, half(sum(owner), i, member, half));
              }
            }
          });
    }
  }

  /**
   * Runs the rounds of a scatter in rings: the sums of one half travel while the other half is
   * computed.
   */
  private void scatterInRings(CollectivePlan.Builder builder) {
    for (int round = 0; round < members; round++) {
      for (int half = 0; half < HALVES; half++) {
        int now = round;
        int own = half;
        if (round > 0) {
          builder.await(flight(half));
        }
        builder.compute(action.op(), (i, _) -> scattered(i, own, now, travelling(own, now, i)));
        if (round < members - 1) {
          start(
              builder,
              now == 0 && own == 0,
              flight(half),
              shift(action.rings().get(half).step()),
              () -> frame.each(i -> travelling(own, now, i)),
              () -> frame.each(i -> travelling(own, now + 1, i)));
        }
      }
    }
    builder.compute(
        "ends",
        (i, _) -> {
          if (frame.isFirst(result, i)) {
            for (int half = 0; half < HALVES; half++) {
              half(sum(i), i, member(i), half).assign(travelling(half, members - 1, i));
            }
          }
        });
  }

  private Tensor travelling(int half, int round, int i) {
    int member = destination(half, round).applyAsInt(i);
    return buffer(half, round % 2, i, half(i, member, half));
  }
}
