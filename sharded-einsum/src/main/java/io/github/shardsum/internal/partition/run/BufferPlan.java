package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.local.compile.MemoryPlanner;
import io.github.shardsum.internal.local.run.BufferInfo;
import io.github.shardsum.internal.local.run.MemoryPlan;
import io.github.shardsum.internal.partition.run.Stages.Stage;
import io.github.shardsum.internal.reshard.StepCounts;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Assigns memory on the devices of a process to the values of a plan. Values that are needed at the
 * same time do not overlap; other values may. The operand of a collective in flight is needed until
 * its await. Inputs stay in the caller's memory. Slices and awaited values are views. Outputs have
 * separate memory, which a caller may keep.
 */
final class BufferPlan {
  /** Purposes of a step's temporary memory. */
  enum Purpose {
    /** A sum of bf16 in f32, before it is rounded. */
    SUM,
    /** Packed data to send: in an exchange the parts for each member, in packed sums each value. */
    PACKED,
    /** Received data. */
    RECEIVED,
    /** An operand's block with the received elements of its neighbours. */
    HALO,
    /** A buffer between the parts of a composite. */
    PART,
    /** Chunks of an einsum in windows that are travelling: two for each ring. */
    WINDOW,
    /** The carried value of every second round. */
    CARRIED
  }

  /** One of a step's temporaries; the number distinguishes temporaries of one purpose. */
  record Temporary(int step, Purpose purpose, int which) {}

  /**
   * Memory for the blocks of a value or of a temporary.
   *
   * @param shapes the shape of each device's block; none for a device that has no block of its own
   * @param starts the start of each device's block, in elements of the region
   */
  record Region(DType dtype, List<Optional<Shape>> shapes, long[] starts, long elements) {
    static Region of(DType dtype, int devices, IntFunction<Optional<Shape>> shape) {
      long line = Math.max(1, LINE / dtype.byteSize());
      List<Optional<Shape>> shapes = new ArrayList<>();
      long[] starts = new long[devices];
      long end = 0;
      for (int i = 0; i < devices; i++) {
        shapes.add(shape.apply(i));
        starts[i] = end;
        long count = shapes.get(i).map(Shape::elementCount).orElse(0L);
        end = Math.addExact(end, Math.multiplyExact(Math.ceilDiv(count, line), line));
      }
      return new Region(dtype, shapes, starts, end);
    }

    long bytes() {
      return Math.multiplyExact(elements, dtype.byteSize());
    }
  }

  /** Bytes of a cache line, at which each device's part begins. */
  private static final long LINE = 64;

  private final Stages stages;
  private final SpmdPlan plan;
  private final PlanRunFrame frame;
  private final int last;

  /** For each value, the value whose memory it uses: its own, or for a view the operand's. */
  private final int[] root;

  private final int[] from;
  private final int[] to;
  private final Map<Integer, Region> outputs = new HashMap<>();
  private final Map<Integer, Integer> values = new HashMap<>();
  private final Map<Temporary, Integer> scratch = new HashMap<>();
  private final Map<Integer, BufferPlan> bodies = new HashMap<>();
  private final Map<Integer, Map<DType, Integer>> bodyRegions = new HashMap<>();
  private final List<Region> regions = new ArrayList<>();
  private final List<BufferInfo> infos = new ArrayList<>();
  private final MemoryPlan memory;

  BufferPlan(Stages stages) {
    this.stages = stages;
    this.plan = stages.plan();
    this.frame = stages.frame();
    this.last = stages.all().size();
    int count = plan.values().size();
    this.root = roots(count);
    this.from = new int[count];
    this.to = new int[count];
    lifetimes();
    if (!stages.isBody()) {
      plan.outputs().stream()
          .map(output -> root[output])
          .filter(value -> value >= plan.inputs().size())
          .forEach(value -> outputs.put(value, region(value)));
    }
    for (int stage = 0; stage < last; stage++) {
      for (int value : stages.all().get(stage).writes()) {
        if (root[value] == value && !outputs.containsKey(value) && !isCarriedOver(value)) {
          values.put(value, add(region(value), from[value], to[value]));
        }
      }
      temporaries(stage);
    }
    this.memory = MemoryPlanner.plan(infos);
  }

  private int[] roots(int count) {
    int[] roots = new int[count];
    Arrays.setAll(roots, value -> value);
    for (int step = 0; step < plan.steps().size(); step++) {
      if (StepCounts.isView(plan, step)) {
        roots[plan.number(step)] = roots[plan.steps().get(step).operands().getFirst()];
      }
    }
    return roots;
  }

  private void lifetimes() {
    for (int stage = 0; stage < last; stage++) {
      Stage at = stages.all().get(stage);
      for (int value : at.writes()) {
        if (root[value] == value) {
          from[value] = stage;
          to[value] = stage;
        }
      }
      for (int value : at.reads()) {
        to[root[value]] = stage;
      }
    }
    plan.outputs().forEach(output -> to[root[output]] = last);
  }

  /**
   * Whether a step writes the next round's carried value directly into the memory of that value.
   */
  private boolean isCarriedOver(int value) {
    return stages.carriedOver().contains(value);
  }

  private Region region(int value) {
    PlannedValue planned = frame.value(value);
    return Region.of(
        planned.dtype(),
        frame.devices().size(),
        i -> frame.isStored(value, i) ? Optional.of(frame.local(value, i)) : Optional.empty());
  }

  private int add(Region region, int begin, int end) {
    regions.add(region);
    infos.add(
        new BufferInfo(region.dtype(), Shape.of(Math.max(1, region.elements())), begin, end, 0));
    return regions.size() - 1;
  }

  private void temporaries(int stage) {
    switch (stages.all().get(stage)) {
      case Stage.Local _ -> {}
      case Stage.Between between -> {
        PlanStep step = plan.steps().get(between.step());
        if (step.operands().isEmpty()) {
          return;
        }
        PlannedValue operand = frame.value(step.operands().getFirst());
        if (RegionCommunication.isWidened(step)) {
          int result = plan.number(between.step());
          int read = step.operands().getFirst();
          temporary(stage, Purpose.PACKED, DType.F32, i -> frame.local(read, i).elementCount());
          temporary(stage, Purpose.RECEIVED, DType.F32, i -> frame.local(result, i).elementCount());
        } else if (between.code() instanceof ReorderedDimension exchange) {
          List<Integer> devices = frame.devices();
          temporary(stage, Purpose.PACKED, operand.dtype(), i -> exchange.sent(devices.get(i)));
          temporary(
              stage, Purpose.RECEIVED, operand.dtype(), i -> exchange.received(devices.get(i)));
        } else if (between.code() instanceof WindowBlocks windows) {
          windows(stage, between.step(), windows);
        } else if (between.code() instanceof PartitionRun parts) {
          parts(stage, between.step(), parts);
        } else if (between.code() instanceof NeighbourBlocks blocks) {
          halos(stage, between.step(), blocks);
        } else if (step.operands().size() > 1) {
          packed(stage, step, operand.dtype());
        } else if (step.action().isCollective() && operand.dtype() != step.result().dtype()) {
          int result = plan.number(between.step());
          Region rounded = region(result);
          scratch.put(
              new Temporary(between.step(), Purpose.SUM, 0),
              add(
                  Region.of(operand.dtype(), frame.devices().size(), rounded.shapes()::get),
                  stage,
                  stage));
        }
      }
      case Stage.Rounds rounds -> body(stage, rounds);
    }
  }

  /** Reserves memory for sums that travel together, in which they follow one another. */
  private void packed(int stage, PlanStep step, DType dtype) {
    IntFunction<Long> elements =
        i ->
            step.operands().stream()
                .mapToLong(operand -> frame.local(operand, i).elementCount())
                .sum();
    if (step.action() instanceof Action.AllReduce) {
      temporary(stage, Purpose.PACKED, dtype, elements);
      temporary(stage, Purpose.RECEIVED, dtype, elements);
    }
  }

  private void windows(int stage, int step, WindowBlocks blocks) {
    int devices = frame.devices().size();
    if (blocks.sumsApart()) {
      Region rounded = region(plan.number(step));
      scratch.put(
          new Temporary(step, Purpose.SUM, 0),
          add(Region.of(blocks.sumDType(), devices, rounded.shapes()::get), stage, stage));
    }
    for (int ring = 0; blocks.travels() && ring < blocks.rings(); ring++) {
      for (int which = 0; which < blocks.buffers(ring); which++) {
        Region region =
            Region.of(blocks.travelling(), devices, i -> Optional.of(Shape.of(blocks.largest(i))));
        scratch.put(
            new Temporary(step, Purpose.WINDOW, 2 * ring + which), add(region, stage, stage));
      }
    }
  }

  private void parts(int stage, int step, PartitionRun parts) {
    for (int which = 0; which < parts.temporaries(); which++) {
      int buffer = which;
      Region region =
          Region.of(
              parts.dtype(which), frame.devices().size(), i -> Optional.of(parts.shape(buffer, i)));
      scratch.put(new Temporary(step, Purpose.PART, which), add(region, stage, stage));
    }
  }

  private void halos(int stage, int step, NeighbourBlocks blocks) {
    for (int operand : blocks.halo().exchanged()) {
      DType dtype = frame.value(plan.steps().get(step).operands().get(operand)).dtype();
      Region region =
          Region.of(
              dtype,
              frame.devices().size(),
              i ->
                  blocks.holder(operand, i) == i
                      ? Optional.of(blocks.shape(operand, i))
                      : Optional.empty());
      scratch.put(new Temporary(step, Purpose.HALO, operand), add(region, stage, stage));
    }
  }

  private void temporary(int stage, Purpose purpose, DType dtype, IntFunction<Long> elements) {
    Region region =
        Region.of(dtype, frame.devices().size(), i -> Optional.of(Shape.of(elements.apply(i))));
    int step = ((Stage.Between) stages.all().get(stage)).step();
    scratch.put(new Temporary(step, purpose, 0), add(region, stage, stage));
  }

  private void body(int stage, Stage.Rounds rounds) {
    int first = plan.number(rounds.step());
    for (int carried = 0; carried < rounds.carried() && rounds.count() > 1; carried++) {
      scratch.put(
          new Temporary(rounds.step(), Purpose.CARRIED, carried),
          add(region(first + carried), stage, stage));
    }
    BufferPlan inner = new BufferPlan(rounds.body());
    bodies.put(rounds.step(), inner);
    Map<DType, Integer> places = new HashMap<>();
    inner
        .memory
        .elements()
        .forEach(
            (dtype, elements) -> {
              infos.add(new BufferInfo(dtype, Shape.of(elements), stage, stage, 0));
              regions.add(new Region(dtype, List.of(), new long[0], elements));
              places.put(dtype, regions.size() - 1);
            });
    bodyRegions.put(rounds.step(), places);
  }

  /** Memory that is kept between runs, without inputs, outputs and the memory of local programs. */
  MemoryPlan memory() {
    return memory;
  }

  /** The region that each output made by a step needs, by the number of its value. */
  Map<Integer, Region> outputs() {
    return outputs;
  }

  /** A memory region, and where it starts in the memory of its dtype. */
  record Placed(Region region, long offset) {}

  /** The places of the values that steps make, by number. */
  Map<Integer, Placed> values() {
    Map<Integer, Placed> places = new HashMap<>();
    values.forEach((value, region) -> places.put(value, placed(region)));
    return places;
  }

  /** The places of temporaries of steps. */
  Map<Temporary, Placed> temporaries() {
    Map<Temporary, Placed> places = new HashMap<>();
    scratch.forEach((temporary, region) -> places.put(temporary, placed(region)));
    return places;
  }

  private Placed placed(int region) {
    return new Placed(regions.get(region), memory.buffers().get(region).offset());
  }

  /**
   * The body of a loop.
   *
   * @param frame its values
   * @param buffers their places
   * @param starts start of each dtype's memory within the memory of the surrounding plan
   */
  record Body(PlanRunFrame frame, BufferPlan buffers, Map<DType, Long> starts) {}

  List<Body> bodies() {
    List<Body> all = new ArrayList<>();
    bodies.forEach(
        (step, inner) -> {
          Map<DType, Long> starts = new EnumMap<>(DType.class);
          Objects.requireNonNull(bodyRegions.get(step))
              .forEach((dtype, region) -> starts.put(dtype, memory.buffers().get(region).offset()));
          all.add(new Body(inner.frame, inner, starts));
        });
    return all;
  }

  /** Bytes that are live in each stage, including outputs made so far and excluding inputs. */
  private long[] live() {
    long[] changes = new long[last + 1];
    for (int i = 0; i < infos.size(); i++) {
      BufferInfo info = infos.get(i);
      boolean isBody = regions.get(i).shapes().isEmpty();
      if (!isBody && info.from() < last && info.from() <= info.to()) {
        add(changes, info.from(), regions.get(i).bytes());
        add(changes, Math.min(last, info.to() + 1), -regions.get(i).bytes());
      }
    }
    outputs.forEach((value, region) -> add(changes, from[value], region.bytes()));
    Arrays.parallelPrefix(changes, Math::addExact);
    return changes;
  }

  private static void add(long[] changes, int stage, long bytes) {
    changes[stage] = Math.addExact(changes[stage], bytes);
  }

  /**
   * Names of values that stay in memory during a stage that does not read them, the largest first.
   */
  List<String> through(int stage) {
    if (stage < 0) {
      return List.of();
    }
    List<Integer> read = new ArrayList<>();
    stages.all().get(stage).reads().forEach(value -> read.add(root[value]));
    return values.entrySet().stream()
        .filter(entry -> from[entry.getKey()] < stage && to[entry.getKey()] > stage)
        .filter(entry -> !read.contains(entry.getKey()))
        .sorted(
            Comparator.comparingLong(
                    (Map.Entry<Integer, Integer> entry) -> -regions.get(entry.getValue()).bytes())
                .thenComparing(Map.Entry::getKey))
        .map(entry -> frame.value(entry.getKey()).name())
        .distinct()
        .toList();
  }

  /**
   * Bytes that are held while a stage runs.
   *
   * @param bytes live bytes with the workspace of local programs, without the inputs; for a loop
   *     the maximum over its rounds
   * @param rounds these figures for each stage of a loop's body, including the bytes around the
   *     loop; otherwise empty
   */
  record Held(long bytes, List<Held> rounds) {
    Held plus(long more) {
      return new Held(
          Math.addExact(bytes, more), rounds.stream().map(inner -> inner.plus(more)).toList());
    }
  }

  /** Bytes that are held in each stage. */
  List<Held> held() {
    long[] live = live();
    List<Held> all = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      long around = live[i];
      all.add(
          switch (stages.all().get(i)) {
            case Stage.Local local ->
                new Held(around + local.segment().largestWorkspace(), List.of());
            case Stage.Between between ->
                new Held(around + between.code().largestWorkspace(), List.of());
            case Stage.Rounds rounds -> {
              List<Held> inner =
                  Objects.requireNonNull(bodies.get(rounds.step())).held().stream()
                      .map(held -> held.plus(around))
                      .toList();
              long most = inner.stream().mapToLong(Held::bytes).max().orElse(0);
              yield new Held(Math.max(around, most), inner);
            }
          });
    }
    return all;
  }
}
