package io.github.shardsum.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.tensor.TensorStorages;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is written is read back bit for bit, in all three formats, from every kind of memory. */
class NpyProperties {
  @Provide
  Arbitrary<long[]> shapes() {
    return Arbitraries.longs().between(0, 6).array(long[].class).ofMaxSize(4);
  }

  private static Tensor random(DType dtype, long[] shape, long seed) {
    Tensor tensor = Tensor.zeros(dtype, shape);
    byte[] bytes = new byte[(int) tensor.segment().byteSize()];
    new Random(seed).nextBytes(bytes);
    if (dtype == DType.BOOL) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] &= 1;
      }
    }
    tensor.segment().copyFrom(java.lang.foreign.MemorySegment.ofArray(bytes));
    return tensor;
  }

  private static void assertSame(Tensor wanted, Tensor got) {
    assertEquals(wanted.dtype(), got.dtype());
    assertEquals(wanted.shape(), got.shape());
    assertEquals(-1, wanted.copy().segment().mismatch(got.copy().segment()), "bits");
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void everyTensorComesBack(
      @ForAll DType dtype,
      @ForAll("shapes") long[] shape,
      @ForAll TensorStorages home,
      @ForAll long seed,
      @ForAll boolean transposed)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Tensor placed = home.copy(arena, random(dtype, shape, seed));
      Tensor tensor = transposed ? placed.transpose() : placed;
      TestFiles.inFolder(
          folder -> {
            Path npy = folder.resolve("a.npy");
            Npy.write(npy, tensor);
            assertSame(tensor, Npy.read(npy));
            assertSame(tensor, Npy.map(npy, arena));
            Path npz = folder.resolve("a.npz");
            Npz.write(npz, Map.of("a", tensor));
            try (Npz file = Npz.open(npz)) {
              assertSame(tensor, file.read("a"));
              assertSame(tensor, file.map("a", arena));
            }
            Path safetensors = folder.resolve("a.safetensors");
            Safetensors.write(safetensors, Map.of("a", tensor), Map.of());
            try (Safetensors file = Safetensors.open(safetensors)) {
              assertSame(tensor, file.read("a"));
              assertSame(tensor, file.map("a", arena));
            }
          });
    }
  }

  @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
  void manyTensorsComeBackByName(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = random.nextInt(8); i >= 0; i--) {
      DType dtype = DType.values()[random.nextInt(DType.values().length)];
      long[] shape = {random.nextInt(4), random.nextInt(4)};
      tensors.put("t" + (char) random.nextInt(' ', 0xd800) + i, random(dtype, shape, i));
    }
    TestFiles.inFolder(
        folder -> {
          Path npz = folder.resolve("a.npz");
          Path safetensors = folder.resolve("a.safetensors");
          Npz.write(npz, tensors);
          Safetensors.write(safetensors, tensors, Map.of("é", "\u0001\"\\"));
          try (Npz zip = Npz.open(npz);
              Safetensors safe = Safetensors.open(safetensors)) {
            assertEquals(tensors.keySet().stream().toList(), zip.names());
            assertEquals(tensors.keySet(), java.util.Set.copyOf(safe.names()));
            assertEquals(Map.of("é", "\u0001\"\\"), safe.metadata());
            for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
              assertSame(entry.getValue(), zip.read(entry.getKey()));
              assertSame(entry.getValue(), safe.read(entry.getKey()));
            }
          }
        });
  }

  @Property(tries = 8, edgeCases = EdgeCasesMode.NONE)
  void tensorsOfManyBlocksComeBack(@ForAll DType dtype, @ForAll long seed) throws IOException {
    Tensor large = random(dtype, new long[] {3, 700, 301}, seed);
    TestFiles.inFolder(
        folder -> {
          Path file = folder.resolve("a.npy");
          for (Tensor tensor :
              new Tensor[] {
                large,
                large.transpose(),
                large.transpose(1, 0, 2),
                large.slice(2, 300, -1, -3),
                large.select(0, 1).expand(1).broadcastTo(Shape.of(700, 2, 301)),
                large.reshape(-1)
              }) {
            Npy.write(file, tensor);
            assertSame(tensor, Npy.read(file));
          }
        });
  }
}
