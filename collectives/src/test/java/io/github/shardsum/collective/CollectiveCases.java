package io.github.shardsum.collective;

import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Broadcast;
import io.github.shardsum.collective.Collective.Exchange;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.Collective.Route;
import io.github.shardsum.mesh.Chunks;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;

/** Random collectives with operands for every device; the same for the same seed everywhere. */
final class CollectiveCases {
  /**
   * One case.
   *
   * @param collective what runs
   * @param x the operand of each device of the mesh
   * @param counts the counts of each device, for a ragged all-to-all
   */
  record Case(Collective collective, List<Tensor> x, List<Optional<RaggedCounts>> counts) {
    /** What some of the devices ask for together. */
    Collective of(List<Integer> devices) {
      return collective instanceof RaggedAllToAll ragged
          ? ragged.with(devices.stream().map(d -> counts.get(d).orElseThrow()).toList())
          : collective;
    }

    @Override
    public String toString() {
      return collective
          + " of "
          + x.getFirst().dtype()
          + " "
          + x.stream().map(Tensor::shape).toList();
    }
  }

  private final Mesh mesh;
  private final Random random;

  CollectiveCases(Mesh mesh, long seed) {
    this.mesh = mesh;
    this.random = new Random(seed);
  }

  private <T> T oneOf(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private List<String> axes() {
    List<String> names = new ArrayList<>(mesh.axisNames());
    Collections.shuffle(names, random);
    return List.copyOf(names.subList(0, random.nextInt(names.size() + 1)));
  }

  Case next() {
    List<String> axes = axes();
    DType dtype = oneOf(List.of(DType.values()));
    return switch (random.nextInt(8)) {
      case 0 -> of(new AllReduce(axes, reduction(dtype), order()), dtype);
      case 1 -> of(new ReduceScatter(axes, reduction(dtype), random.nextInt(2), order()), dtype);
      case 2 -> of(new AllGather(axes, random.nextInt(2), total()), dtype);
      case 3 -> allToAll(axes, dtype);
      case 4 -> ragged(axes, dtype);
      case 5 -> of(permute(axes), dtype);
      case 6 -> of(exchange(axes), dtype);
      default -> of(new Broadcast(axes, random.nextInt(mesh.size(axes))), dtype);
    };
  }

  private Order order() {
    return random.nextBoolean() ? Order.TREE : Order.INDEX;
  }

  private Reduction reduction(DType dtype) {
    List<Reduction> all = List.of(Reduction.values());
    return oneOf(dtype == DType.BOOL ? all.subList(0, 4) : all);
  }

  private OptionalLong total() {
    return random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextInt(9));
  }

  private Permute permute(List<String> axes) {
    int p = mesh.size(axes);
    List<Integer> sources = new ArrayList<>();
    List<Integer> targets = new ArrayList<>();
    for (int i = 0; i < p; i++) {
      sources.add(i);
      targets.add(i);
    }
    Collections.shuffle(sources, random);
    Collections.shuffle(targets, random);
    List<Route> pairs = new ArrayList<>();
    for (int i = 0; i < random.nextInt(p + 1); i++) {
      pairs.add(new Route(sources.get(i), targets.get(i)));
    }
    return new Permute(axes, pairs);
  }

  private Exchange exchange(List<String> axes) {
    List<Integer> parts = axes.stream().map(mesh::size).toList();
    long n = random.nextInt(3) == 0 ? random.nextInt(3) : random.nextInt(40);
    Cut chunks = Cut.chunks(n, parts);
    Cut blocks = Cut.aligned(n, 1 + random.nextInt(4), parts);
    Cut halos = oneOf(List.of(chunks, blocks)).window(1 + random.nextInt(5), 1, 1, n);
    Cut shifted = oneOf(List.of(chunks, blocks)).shift(random.nextLong(-2 * n, 2 * n + 1));
    List<Cut> all = List.of(chunks, blocks, halos);
    List<Cut> wanted = List.of(chunks, blocks, halos, shifted, chunks.pad(2, 1, n));
    return new Exchange(axes, random.nextInt(2), oneOf(all), oneOf(wanted));
  }

  /** With operands of shapes that fit; each group has a shape of its own. */
  private Case of(Collective collective, DType dtype) {
    DeviceGroups groups = mesh.groups(collective.axes());
    List<Integer> parts = collective.axes().stream().map(mesh::size).toList();
    List<Optional<Tensor>> x = new ArrayList<>(Collections.nCopies(mesh.size(), Optional.empty()));
    for (int group = 0; group < groups.count(); group++) {
      long[] whole = whole();
      Tensor value = value(collective, dtype, whole);
      for (int member = 0; member < groups.size(); member++) {
        long[] shape = whole.clone();
        switch (collective) {
          case AllGather(var _, int dim, OptionalLong total) when total.isPresent() ->
              shape[dim] = Chunks.size(total.getAsLong(), parts, member);
          case AllToAll(var _, int split, int concat, OptionalLong total) -> {
            if (split == concat) {
              shape[split] *= groups.size();
            } else if (total.isPresent()) {
              shape[concat] = Chunks.size(total.getAsLong(), parts, member);
            }
          }
          case Exchange(var _, int dim, Cut from, Cut _) -> shape[dim] = from.length(member);
          default -> {}
        }
        boolean raw = collective instanceof AllReduce || collective instanceof ReduceScatter;
        Tensor own = tensor(dtype, shape, raw);
        if (collective instanceof Exchange(var _, int dim, Cut from, Cut _)) {
          own.assign(value.slice(dim, from.start(member), from.end(member)));
        }
        x.set(groups.device(group, member), Optional.of(own));
      }
    }
    return new Case(
        collective,
        x.stream().map(Optional::orElseThrow).toList(),
        Collections.nCopies(mesh.size(), Optional.empty()));
  }

  /** What the members of an exchange hold parts of, the same where they overlap. */
  private Tensor value(Collective collective, DType dtype, long[] whole) {
    if (collective instanceof Exchange exchange) {
      long[] shape = whole.clone();
      shape[exchange.dim()] = exchange.from().size();
      return tensor(dtype, shape, false);
    }
    return Tensor.zeros(dtype, 0);
  }

  private long[] whole() {
    long[] sizes = new long[2 + random.nextInt(2)];
    for (int d = 0; d < sizes.length; d++) {
      sizes[d] = random.nextInt(6);
    }
    if (random.nextInt(12) == 0) {
      sizes[random.nextInt(2)] = random.nextLong(1500, 3000);
    }
    return sizes;
  }

  private Case allToAll(List<String> axes, DType dtype) {
    int split = random.nextInt(2);
    int concat = random.nextInt(2);
    OptionalLong total = split == concat ? OptionalLong.empty() : total();
    return of(new AllToAll(axes, split, concat, total), dtype);
  }

  private Case ragged(List<String> axes, DType dtype) {
    RaggedAllToAll collective = new RaggedAllToAll(axes, List.of());
    DeviceGroups groups = mesh.groups(axes);
    int p = groups.size();
    List<Optional<Tensor>> x = new ArrayList<>(Collections.nCopies(mesh.size(), Optional.empty()));
    List<Optional<RaggedCounts>> counts =
        new ArrayList<>(Collections.nCopies(mesh.size(), Optional.empty()));
    for (int group = 0; group < groups.count(); group++) {
      long width = random.nextInt(4);
      long[][] send = new long[p][p];
      for (long[] row : send) {
        for (int j = 0; j < p; j++) {
          row[j] = Math.max(0, random.nextInt(6) - 2);
        }
      }
      boolean reversed = random.nextBoolean();
      for (int member = 0; member < p; member++) {
        long[] receive = new long[p];
        for (int i = 0; i < p; i++) {
          receive[i] = send[i][member];
        }
        RaggedCounts own =
            reversed
                ? RaggedCounts.of(
                    send[member], backwards(send[member]), receive, backwards(receive))
                : RaggedCounts.of(send[member], receive);
        int device = groups.device(group, member);
        counts.set(device, Optional.of(own));
        long rows = own.rowsNeeded() + random.nextInt(2);
        x.set(device, Optional.of(tensor(dtype, new long[] {rows, width}, false)));
      }
    }
    return new Case(collective, x.stream().map(Optional::orElseThrow).toList(), counts);
  }

  /** Places from the last member to the first, with a gap of one row between. */
  private static long[] backwards(long[] counts) {
    long[] offsets = new long[counts.length];
    long at = 0;
    for (int i = counts.length - 1; i >= 0; i--) {
      offsets[i] = at;
      at += counts[i] + 1;
    }
    return offsets;
  }

  /** A tensor on the heap, in native memory or a transposed view, with every kind of number. */
  private Tensor tensor(DType dtype, long[] shape, boolean raw) {
    Tensor data = Tensor.zeros(dtype, shape);
    fill(data, raw);
    return switch (random.nextInt(4)) {
      case 0 -> {
        Tensor elsewhere = Tensor.allocate(Arena.ofAuto(), dtype, data.shape());
        elsewhere.assign(data);
        yield elsewhere;
      }
      case 1 -> {
        long[] reversed = new long[shape.length];
        for (int d = 0; d < shape.length; d++) {
          reversed[d] = shape[shape.length - 1 - d];
        }
        Tensor other = Tensor.zeros(dtype, reversed).transpose();
        other.assign(data);
        yield other;
      }
      default -> data;
    };
  }

  private void fill(Tensor data, boolean raw) {
    long count = data.shape().elementCount();
    var segment = data.segment();
    for (long i = 0; i < count; i++) {
      switch (data.dtype()) {
        case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, number());
        case F64 -> segment.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i, number() / 3.0);
        case BF16 ->
            segment.setAtIndex(
                ValueLayout.JAVA_SHORT_UNALIGNED,
                i,
                (short) (Float.floatToRawIntBits(number()) >> 16));
        case I32 -> segment.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, random.nextInt());
        case I64 -> segment.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, random.nextLong());
        case BOOL -> segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(raw ? 3 : 2));
      }
    }
  }

  private float number() {
    return switch (random.nextInt(40)) {
      case 0 -> Float.intBitsToFloat(0x7fc12345);
      case 1 -> Float.intBitsToFloat(0xffc00001);
      case 2 -> Float.POSITIVE_INFINITY;
      case 3 -> Float.NEGATIVE_INFINITY;
      case 4 -> -0.0f;
      case 5 -> 0.0f;
      case 6 -> Float.MIN_VALUE;
      default -> (float) random.nextGaussian() * (1 << random.nextInt(12));
    };
  }
}
