package io.github.shardsum.cli.plan;

import io.github.shardsum.layout.Box;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Values of small integers, on which every order of sums gives the same bits. */
final class PlanIntegerData {
  private final Mesh mesh;
  private final Random random = new Random(20);
  private final List<PlannedValue> values = new ArrayList<>();
  private final List<List<Tensor>> addends = new ArrayList<>();

  PlanIntegerData(Mesh mesh) {
    this.mesh = mesh;
  }

  /**
   * Draws another value and returns its logical tensor: the sum of its addends, one for each part
   * of a partial sum.
   */
  Tensor next(PlannedValue value) {
    List<Tensor> parts = new ArrayList<>();
    float[] sum = new float[Math.toIntExact(value.shape().elementCount())];
    for (int part = 0; part < mesh.size(value.layout().partial()); part++) {
      float[] addend = new float[sum.length];
      for (int i = 0; i < sum.length; i++) {
        addend[i] = random.nextInt(5) - 2;
        sum[i] += addend[i];
      }
      parts.add(Tensor.of(addend, value.shape().toArray()));
    }
    values.add(value);
    addends.add(parts);
    return Tensor.of(sum, value.shape().toArray());
  }

  /** The shards of all values so far on some devices. */
  List<ShardedTensor> shards(List<Integer> devices) {
    List<ShardedTensor> all = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      Layout layout = values.get(i).layout();
      Shape shape = values.get(i).shape();
      List<Tensor> shards = new ArrayList<>();
      for (int device : devices) {
        Box box = layout.box(shape, device);
        shards.add(box.of(addends.get(i).get(mesh.groups(layout.partial()).memberOf(device))));
      }
      all.add(new ShardedTensor(shape, layout, devices, shards));
    }
    return all;
  }

  /** Whether two tensors have the same shape and elements; zeros of both signs are equal. */
  static boolean isEqual(Tensor expected, Tensor result) {
    if (!expected.shape().equals(result.shape())) {
      return false;
    }
    float[] left = expected.toFloatArray();
    float[] right = result.toFloatArray();
    boolean equal = true;
    for (int i = 0; i < left.length; i++) {
      equal &= left[i] == right[i];
    }
    return equal;
  }
}
