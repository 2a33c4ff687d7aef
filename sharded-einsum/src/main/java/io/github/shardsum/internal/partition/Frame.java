package io.github.shardsum.internal.partition;

import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The values of a plan while it runs, on the devices of this process: of each the tensor of the
 * first device of each tile.
 */
final class Frame {
  private final List<Integer> devices;
  private final List<PlannedValue> values;
  private final List<Tiles> tiles = new ArrayList<>();
  private final @Nullable Tensor[][] tensors;

  Frame(SpmdPlan plan, List<Integer> devices) {
    this.devices = devices;
    this.values = plan.values();
    values.forEach(value -> tiles.add(Tiles.of(value, devices)));
    this.tensors = new Tensor[values.size()][devices.size()];
  }

  List<Integer> devices() {
    return devices;
  }

  PlannedValue value(int number) {
    return values.get(number);
  }

  /** Whether a device is the one that makes its tile of a value. */
  boolean isFirst(int value, int index) {
    return tiles.get(value).isFirst(index);
  }

  /** The place of the first device of this process that holds what a device holds. */
  int first(int value, int index) {
    return tiles.get(value).first(index);
  }

  void set(int value, int index, Tensor tensor) {
    tensors[value][index] = tensor;
  }

  /** What a device holds of a value. */
  Tensor get(int value, int index) {
    return Objects.requireNonNull(
        tensors[value][tiles.get(value).first(index)], "a value that was made before it is read");
  }

  List<Tensor> all(int value) {
    return IntStream.range(0, devices.size()).mapToObj(i -> get(value, i)).toList();
  }

  /** The tensor of each device's own. */
  List<Tensor> own(int value) {
    return Arrays.stream(tensors[value]).map(Objects::requireNonNull).toList();
  }

  /** Zeros for some devices. */
  void allocate(int value, DType dtype, IntPredicate which) {
    PlannedValue shape = values.get(value);
    for (int i = 0; i < devices.size(); i++) {
      if (which.test(i)) {
        tensors[value][i] =
            Tensor.zeros(dtype, shape.layout().localShape(shape.shape(), devices.get(i)));
      }
    }
  }

  void put(int value, List<Tensor> shards) {
    shards.toArray(tensors[value]);
  }

  ShardedTensor sharded(int value) {
    PlannedValue held = values.get(value);
    return new ShardedTensor(held.shape(), held.layout(), devices, all(value));
  }

  void clear() {
    for (Tensor[] value : tensors) {
      Arrays.fill(value, null);
    }
  }
}
