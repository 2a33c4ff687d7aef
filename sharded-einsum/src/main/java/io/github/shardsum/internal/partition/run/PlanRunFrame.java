package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.partition.run.BufferPlan.Placed;
import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.partition.run.BufferPlan.Region;
import io.github.shardsum.internal.partition.run.BufferPlan.Temporary;
import io.github.shardsum.internal.reshard.StepCounts;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The values of a running plan on the devices of this process: for each value one tensor for each
 * tile, stored by the tile's first device. Results of steps are in planned memory, which is
 * allocated at the first run, kept for later runs, and not cleared.
 */
final class PlanRunFrame {
  private final SpmdPlan plan;
  private final List<Integer> devices;
  private final List<PlannedValue> values;
  private final List<DeviceTiles> tiles = new ArrayList<>();
  private final int[] makers;
  private final @Nullable Tensor[][] tensors;
  private final Map<Temporary, @Nullable Tensor[]> temporaries = new HashMap<>();
  private final Map<Integer, @Nullable Tensor[]> keptOutputs = new HashMap<>();
  private boolean isOpen;

  /**
   * The values on the devices of this process.
   *
   * @param manual axes of the regions around the plan, along which devices may have different
   *     values
   */
  PlanRunFrame(SpmdPlan plan, List<Integer> devices, Set<String> manual) {
    this.plan = plan;
    this.devices = devices;
    this.values = plan.values();
    values.forEach(value -> tiles.add(DeviceTiles.of(value, devices, manual)));
    this.makers = Schedule.makers(plan, values.size());
    this.tensors = new Tensor[values.size()][devices.size()];
  }

  Mesh mesh() {
    return plan.mesh();
  }

  List<Integer> devices() {
    return devices;
  }

  /** A tensor of each device, by its place. */
  List<Tensor> each(IntFunction<Tensor> of) {
    return IntStream.range(0, devices.size()).mapToObj(of).toList();
  }

  PlannedValue value(int number) {
    return values.get(number);
  }

  /** Whether a device computes its tile of a value. */
  boolean isFirst(int value, int index) {
    return tiles.get(value).isFirst(index);
  }

  /** The place of the first device of this process that holds the same tile as the given device. */
  int first(int value, int index) {
    return tiles.get(value).first(index);
  }

  /** Shape of a device's block of a value. */
  Shape local(int value, int index) {
    PlannedValue planned = values.get(value);
    return planned.layout().localShape(planned.shape(), devices.get(index));
  }

  /** Whether a value is stored in another value's memory. */
  boolean isView(int value) {
    return makers[value] >= 0 && StepCounts.isView(plan, makers[value]);
  }

  /**
   * Whether a device has memory for a value. For the result of a collective each device has its own
   * tensor if groups may span processes, since the engine then cannot know that two groups compute
   * the same result. Devices have their own tensors after a permute too, since a device gets
   * another device's block.
   */
  boolean isStored(int value, int index) {
    return isFirst(value, index) || !isStoredOnce(value);
  }

  /** Whether only the first device of each tile has memory for a value. */
  boolean isStoredOnce(int value) {
    if (makers[value] < 0) {
      return true;
    }
    PlanStep maker = plan.steps().get(makers[value]);
    boolean shares = devices.size() == plan.mesh().size();
    return switch (maker.action().moved()) {
      // Every device writes its block, even if several have the same one.
      case Action.CollectivePermute _, Action.Partitioned _ -> false;
      case Action.Communicate communicate -> !communicate.isCollective();
      case Action.AllGather _, Action.AllToAll _, Action.AllReduce _, Action.ReduceScatter _ ->
          shares;
      case Action.Exchange _,
          Action.Neighbour _,
          Action.Slice _,
          Action.Apply _,
          Action.Loop _,
          Action.Start _,
          Action.Windows _,
          Action.Await _ ->
          true;
    };
  }

  /**
   * Allocates the outputs, and the planned memory if no earlier run did.
   *
   * @param keeps whether the memory of outputs is kept for the next run; otherwise it belongs to
   *     the caller
   */
  void open(BufferPlan buffers, boolean keeps) {
    if (!isOpen) {
      Map<DType, MemorySegment> memory = new EnumMap<>(DType.class);
      buffers
          .memory()
          .elements()
          .forEach((dtype, count) -> memory.put(dtype, allocate(dtype, count)));
      place(buffers, memory, Map.of());
    }
    buffers
        .outputs()
        .forEach(
            (value, region) ->
                tensors[value] =
                    keeps ? keptOutputs.computeIfAbsent(value, _ -> fresh(region)) : fresh(region));
  }

  private void place(
      BufferPlan buffers, Map<DType, MemorySegment> memory, Map<DType, Long> starts) {
    isOpen = true;
    buffers.values().forEach((value, at) -> tensors[value] = tensors(at, memory, starts));
    buffers.temporaries().forEach((key, at) -> temporaries.put(key, tensors(at, memory, starts)));
    for (BufferPlan.Body body : buffers.bodies()) {
      Map<DType, Long> inner = new EnumMap<>(DType.class);
      body.starts().forEach((dtype, at) -> inner.put(dtype, at + starts.getOrDefault(dtype, 0L)));
      body.frame().place(body.buffers(), memory, inner);
    }
  }

  private static MemorySegment allocate(DType dtype, long count) {
    return count <= Shape.LONGEST_ARRAY
        ? Tensor.zeros(dtype, count).segment()
        : Arena.ofAuto().allocate(count * dtype.byteSize(), 64);
  }

  private static @Nullable Tensor[] tensors(
      Placed at, Map<DType, MemorySegment> memory, Map<DType, Long> starts) {
    Region region = at.region();
    MemorySegment segment = Objects.requireNonNull(memory.get(region.dtype()));
    long start = at.offset() + starts.getOrDefault(region.dtype(), 0L);
    @Nullable Tensor[] tensors = new Tensor[region.shapes().size()];
    for (int i = 0; i < tensors.length; i++) {
      long begin = start + region.starts()[i];
      tensors[i] =
          region
              .shapes()
              .get(i)
              .map(
                  shape ->
                      Tensor.ofStrided(
                          region.dtype(), segment, begin, shape, shape.rowMajorStrides()))
              .orElse(null);
    }
    return tensors;
  }

  /**
   * The output of each device is a separate array, so that a caller who keeps one output does not
   * keep the memory of all.
   */
  private static @Nullable Tensor[] fresh(Region region) {
    @Nullable Tensor[] tensors = new Tensor[region.shapes().size()];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] =
          region.shapes().get(i).map(shape -> Tensor.zeros(region.dtype(), shape)).orElse(null);
    }
    return tensors;
  }

  void set(int value, int index, Tensor tensor) {
    tensors[value][index] = tensor;
  }

  /** A device's block of a value, to read or to write. */
  Tensor get(int value, int index) {
    return Objects.requireNonNull(
        tensors[value][tiles.get(value).first(index)], "a value that was made before it is read");
  }

  /** The blocks of a value, one for each device. */
  List<Tensor> all(int value) {
    return IntStream.range(0, devices.size()).mapToObj(i -> get(value, i)).toList();
  }

  /** The tensors that a collective writes: each device's own, if it has one. */
  List<Tensor> written(int value) {
    return isStoredOnce(value)
        ? all(value)
        : Arrays.stream(tensors[value]).map(Objects::requireNonNull).toList();
  }

  /** Where a collective writes a device's block of a value. */
  Tensor written(int value, int index) {
    return isStoredOnce(value) ? get(value, index) : Objects.requireNonNull(tensors[value][index]);
  }

  /** Temporary memory of a step on a device. */
  Tensor temporary(int step, Purpose purpose, int which, int index) {
    @Nullable Tensor[] each = temporaries.get(new Temporary(step, purpose, which));
    return Objects.requireNonNull(Objects.requireNonNull(each)[index]);
  }

  void put(int value, List<Tensor> shards) {
    shards.toArray(tensors[value]);
  }

  ShardedTensor sharded(int value) {
    PlannedValue held = values.get(value);
    return new ShardedTensor(held.shape(), held.layout(), devices, all(value));
  }

  /** Releases the tensors that are not kept: inputs, outputs and views of them. */
  void release(BufferPlan buffers) {
    for (int value = 0; value < values.size(); value++) {
      if (makers[value] < 0 || isView(value)) {
        Arrays.fill(tensors[value], null);
      }
    }
    buffers.outputs().keySet().forEach(value -> tensors[value] = new Tensor[devices.size()]);
    buffers.bodies().forEach(body -> body.frame().release(body.buffers()));
  }

  /** Releases everything; the next run allocates again. */
  void close(BufferPlan buffers) {
    isOpen = false;
    buffers.bodies().forEach(body -> body.frame().close(body.buffers()));
    temporaries.clear();
    keptOutputs.clear();
    for (int value = 0; value < values.size(); value++) {
      tensors[value] = new Tensor[devices.size()];
    }
  }
}
