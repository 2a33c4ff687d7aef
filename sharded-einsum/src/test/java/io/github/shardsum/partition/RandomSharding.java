package io.github.shardsum.partition;

import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Meshes, layouts and integer-valued tensors from a seed. */
final class RandomSharding {
  private static final int[] SIZES = {0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 11, 12, 13};

  /** The first seed of random cases: {@code -Dshardsum.seed=S}. */
  static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(0));

  private final Random random;

  RandomSharding(long seed) {
    this.random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean oneIn(int many) {
    return random.nextInt(many) == 0;
  }

  /** Up to three axes and twelve devices, in a permuted order half of the time. */
  Mesh mesh() {
    List<MeshAxis> axes = new ArrayList<>();
    int devices = 1;
    for (String name : List.of("x", "y", "z").subList(0, 1 + below(3))) {
      int size = 1 + below(4);
      if (devices * size <= 12) {
        axes.add(new MeshAxis(name, size));
        devices *= size;
      }
    }
    Mesh mesh = Mesh.of(axes);
    List<Integer> order = new ArrayList<>(IntStream.range(0, devices).boxed().toList());
    if (random.nextBoolean()) {
      Collections.shuffle(order, random);
    }
    return mesh.withDevices(order.stream().mapToInt(device -> device).toArray());
  }

  long size() {
    return SIZES[below(SIZES.length)];
  }

  /** Any layout of labels: axes on any label in any order, or partial, or unused. */
  Layout layout(Mesh mesh, List<String> labels, List<String> mayBePartial) {
    List<List<String>> on = new ArrayList<>();
    labels.forEach(_ -> on.add(new ArrayList<>()));
    List<String> partial = new ArrayList<>();
    List<String> names = new ArrayList<>(mesh.axisNames());
    Collections.shuffle(names, random);
    for (String name : names) {
      int choice = below(labels.size() + 2);
      if (choice < labels.size()) {
        on.get(choice).add(name);
      } else if (choice == labels.size() && mayBePartial.contains(name)) {
        partial.add(name);
      }
    }
    List<Axis> axes = new ArrayList<>();
    for (int dim = 0; dim < labels.size(); dim++) {
      axes.add(new Axis(labels.get(dim), on.get(dim)));
    }
    return new Layout(mesh, new Term(axes, partial));
  }

  /**
   * A value on a mesh.
   *
   * @param whole its logical value
   * @param shards its shards, which sum to it along partial axes
   */
  record Value(Tensor whole, ShardedTensor shards) {}

  /** A value of small integers, each device's addends drawn for themselves. */
  Value value(Layout layout, Shape shape, DType dtype, DType stored, int most) {
    Mesh mesh = layout.mesh();
    List<Tensor> addends = new ArrayList<>();
    long[] sum = new long[(int) shape.elementCount()];
    for (int part = 0; part < mesh.size(layout.partial()); part++) {
      Tensor addend = Tensor.zeros(stored, shape);
      Tensor flat = addend.reshape(sum.length);
      for (int i = 0; i < sum.length; i++) {
        long number = dtype == DType.BOOL ? below(2) : below(2 * most + 1) - most;
        flat.set(number, i);
        sum[i] += number;
      }
      addends.add(addend);
    }
    Tensor whole = Tensor.zeros(dtype, shape);
    Tensor flat = whole.reshape(sum.length);
    for (int i = 0; i < sum.length; i++) {
      flat.set(dtype == DType.BOOL ? Math.min(1, sum[i]) : sum[i], i);
    }
    List<Tensor> shards = new ArrayList<>();
    List<Integer> devices = IntStream.range(0, mesh.size()).boxed().toList();
    for (int device : devices) {
      int member = mesh.groups(layout.partial()).memberOf(device);
      shards.add(layout.box(shape, device).of(addends.get(member)));
    }
    return new Value(whole, new ShardedTensor(shape, layout, devices, shards));
  }

  /** Of a value on all devices what some have. */
  static ShardedTensor on(List<Integer> devices, ShardedTensor all) {
    return new ShardedTensor(
        all.shape(), all.layout(), devices, devices.stream().map(all.shards()::get).toList());
  }

  /** A small engine in this process. */
  static Collectives collectives(Mesh mesh) {
    return Collectives.open(mesh, Workers.sequential(), CollectiveOptions.defaults());
  }

  static boolean isEqual(Tensor expected, Tensor result) {
    return expected.shape().equals(result.shape())
        && expected.dtype() == result.dtype()
        && Arrays.equals(numbers(expected), numbers(result));
  }

  /** Elements, with zeros of both signs as one. */
  private static double[] numbers(Tensor tensor) {
    double[] numbers = tensor.convert(DType.F64).toDoubleArray();
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] += 0.0;
    }
    return numbers;
  }

  /**
   * Returns the number of cases: seconds of them, or in the exhaustive profile a third of all,
   * which three rotations try; or {@code -Dshardsum.sharded.cases=N}.
   */
  static int cases(int few, int all) {
    return Integer.getInteger(
        "shardsum.sharded.cases", TestDepth.cases(few / 2, few, Math.max(few, all / 3)));
  }
}
