package io.github.shardsum.collective;

import io.github.shardsum.mesh.Chunks;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * One program of eight devices, to be run unchanged by 1, 2, 4 and 8 processes over every engine:
 * it writes a line for each collective with a digest of every device's result, and the files must
 * be equal to the byte. {@code .ci/mpi} runs it and compares.
 *
 * <p>Argument: the file, which process 0 writes.
 */
public final class BitsProgram {
  private static final List<Mesh> MESHES =
      List.of(Mesh.of("x", 8), Mesh.of("x", 2, "y", 4).withDevices(5, 0, 7, 2, 1, 6, 3, 4));

  /** Short enough to go whole to all processes, and long enough to be cut into ranges. */
  private static final List<long[]> SHAPES =
      List.of(new long[] {13, 7}, new long[] {11, 1_501}, new long[] {0, 5});

  private final Collectives collectives;
  private final List<String> lines = new ArrayList<>();

  private BitsProgram(Collectives collectives) {
    this.collectives = collectives;
  }

  public static void main(String[] arguments) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Mesh mesh : MESHES) {
      try (Collectives collectives = Collectives.open(mesh)) {
        BitsProgram program = new BitsProgram(collectives);
        program.run();
        lines.addAll(program.lines);
        if (collectives.process() == 0) {
          System.out.printf(
              Locale.ROOT,
              "%d x %d, mesh %s: %d collectives%n",
              collectives.processes(),
              collectives.devices().size(),
              mesh.notation(),
              program.lines.size());
          Files.write(Path.of(arguments[0]), lines);
        }
      }
    }
  }

  private void run() {
    List<List<String>> subsets = new ArrayList<>();
    List<String> names = collectives.mesh().axisNames();
    names.forEach(name -> subsets.add(List.of(name)));
    if (names.size() > 1) {
      subsets.add(names.reversed());
    }
    for (List<String> axes : subsets) {
      for (DType dtype : DType.values()) {
        reductions(axes, dtype);
        movements(axes, dtype);
      }
    }
  }

  private void reductions(List<String> axes, DType dtype) {
    for (Reduction reduction : Reduction.values()) {
      if (dtype == DType.BOOL && reduction == Reduction.MEAN) {
        continue;
      }
      for (long[] shape : SHAPES) {
        note(new Collective.AllReduce(axes, reduction, Order.TREE), whole(dtype, shape));
        note(new Collective.AllReduce(axes, reduction, Order.INDEX), whole(dtype, shape));
        note(new Collective.ReduceScatter(axes, reduction, 0), whole(dtype, shape));
        note(new Collective.ReduceScatter(axes, reduction, 1), whole(dtype, shape));
      }
    }
  }

  private void movements(List<String> axes, DType dtype) {
    long[] shape = SHAPES.getFirst();
    int p = collectives.mesh().size(axes);
    OptionalLong total = OptionalLong.of(11);
    note(new Collective.AllGather(axes, 0, total), chunks(axes, dtype, 0));
    note(new Collective.AllToAll(axes, 0, 1, total), chunks(axes, dtype, 1));
    note(new Collective.Broadcast(axes, p - 1), whole(dtype, shape));
    note(
        new Collective.Permute(axes, Collective.Permute.shift(1, p, "x").pairs().subList(0, p - 1)),
        whole(dtype, shape));
    Cut chunks = Cut.chunks(11, axes.stream().map(collectives.mesh()::size).toList());
    note(
        new Collective.Exchange(axes, 0, chunks, chunks.shift(1).window(4, 1, 1, 11)),
        chunks(axes, dtype, 0));
    ragged(axes, p, dtype);
  }

  private List<Tensor> whole(DType dtype, long... shape) {
    return collectives.devices().stream().map(device -> random(device, dtype, shape)).toList();
  }

  /** Chunks of unequal length of a value of 11 along a dimension. */
  private List<Tensor> chunks(List<String> axes, DType dtype, int dim) {
    DeviceGroups groups = collectives.mesh().groups(axes);
    List<Tensor> chunks = new ArrayList<>();
    for (int device : collectives.devices()) {
      long[] shape = {9, 9};
      shape[dim] =
          Chunks.size(
              11, axes.stream().map(collectives.mesh()::size).toList(), groups.memberOf(device));
      chunks.add(random(device, dtype, shape));
    }
    return chunks;
  }

  /** Member i sends (i + 2 j) mod 4 rows to member j. */
  private void ragged(List<String> axes, int p, DType dtype) {
    DeviceGroups groups = collectives.mesh().groups(axes);
    List<Tensor> x = new ArrayList<>();
    List<RaggedCounts> counts = new ArrayList<>();
    for (int device : collectives.devices()) {
      int member = groups.memberOf(device);
      long[] send = new long[p];
      long[] receive = new long[p];
      for (int other = 0; other < p; other++) {
        send[other] = (member + 2L * other) % 4;
        receive[other] = (other + 2L * member) % 4;
      }
      counts.add(RaggedCounts.of(send, receive));
      x.add(random(device, dtype, counts.getLast().rowsNeeded(), 5));
    }
    note(new Collective.RaggedAllToAll(axes, counts), x);
  }

  private void note(Collective collective, List<Tensor> x) {
    add(collective, x, collectives.run(collective, x));
  }

  private void add(Collective collective, List<Tensor> x, List<Tensor> results) {
    List<Tensor> digests = new ArrayList<>();
    for (Tensor result : results) {
      digests.add(Tensor.of(new long[] {digest(result)}, 1));
    }
    String[] everywhere = collectives.mesh().axisNames().toArray(String[]::new);
    Tensor all = collectives.run(new Collective.AllGather(0, everywhere), digests).getFirst();
    StringBuilder line = new StringBuilder();
    line.append(collective).append(" of ").append(x.getFirst().dtype()).append(':');
    for (int member = 0; member < all.size(0); member++) {
      line.append(String.format(Locale.ROOT, " %08x", all.getLong(member)));
    }
    lines.add(line.toString());
  }

  private static long digest(Tensor tensor) {
    CRC32C digest = new CRC32C();
    digest.update(tensor.shape().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Tensor copy = tensor.copy();
    long bytes = copy.shape().elementCount() * copy.dtype().byteSize();
    digest.update(copy.segment().asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE));
    return digest.getValue();
  }

  /** Real values of many magnitudes, so that every order of summing gives other bits. */
  private static Tensor random(int device, DType dtype, long... shape) {
    Tensor tensor = Tensor.zeros(dtype, shape);
    SplittableRandom random = new SplittableRandom(device * 31L + dtype.ordinal());
    MemorySegment memory = tensor.segment();
    long count = tensor.shape().elementCount();
    for (long i = 0; i < count; i++) {
      double value = random.nextGaussian() * (1 << random.nextInt(10));
      switch (dtype) {
        case F32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) value);
        case F64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i, value);
        case BF16 ->
            memory.setAtIndex(
                ValueLayout.JAVA_SHORT_UNALIGNED,
                i,
                (short) (Float.floatToRawIntBits((float) value) >> 16));
        case I32 -> memory.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, random.nextInt());
        case I64 -> memory.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, random.nextLong());
        case BOOL -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(2));
      }
    }
    return tensor;
  }
}
