package io.github.shardsum.backend.mesh;

import io.github.shardsum.backend.mesh.ReproducibleTest.Laid;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.Programs;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Random programs with their sums in a fixed order, to be run unchanged at every vector width and
 * by any number of processes: on a mesh of 1 to 12 devices they have the bits of one device, and
 * the digest of that device's bits is the same everywhere.
 *
 * <p>Arguments: how many programs, and the first seed. Process 0 prints the digest.
 */
public final class ReproducibleBits {
  private static final List<Generator<Laid>> KINDS =
      List.of(
          ReproducibleTest.laid(Programs.real(DType.BF16, 20)),
          ReproducibleTest.laid(Programs.real(DType.F32, 20)),
          ReproducibleTest.laid(Programs.real(DType.F64, 20)),
          ReproducibleTest.laid(ReproducibleTest.gradients()));

  /** Programs between two lines. */
  private static final int EVERY = 100;

  private final CRC32C digest = new CRC32C();
  private int onMeshes;
  private int process;

  /** Runs programs; the meshes that the processes do not divide are left out. */
  static ReproducibleBits of(long first, int count) {
    ReproducibleBits bits = new ReproducibleBits();
    for (long seed = first; seed < first + count; seed++) {
      bits.add(seed);
    }
    return bits;
  }

  /** How many programs ran on a mesh. */
  int onMeshes() {
    return onMeshes;
  }

  private void add(long seed) {
    int kind = Math.floorMod(seed, KINDS.size());
    Laid laid = KINDS.get(kind).of(seed);
    List<Tensor> expected = ReproducibleTest.onOneDevice(laid);
    for (long[] result : ReproducibleTest.bits(expected)) {
      for (long word : result) {
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
          digest.update((int) (word >>> shift));
        }
      }
    }
    Optional<Collectives> opened = open(laid);
    if (opened.isPresent()) {
      try (Collectives collectives = opened.get()) {
        process = collectives.process();
        boolean isGradient = kind == KINDS.size() - 1;
        ReproducibleTest.hasTheBits(expected, laid, !isGradient, collectives);
        onMeshes++;
      } catch (AssertionError different) {
        throw new AssertionError("seed " + seed + ": " + different.getMessage(), different);
      }
    }
  }

  private static Optional<Collectives> open(Laid laid) {
    try {
      return Optional.of(Collectives.open(laid.mesh()));
    } catch (IllegalArgumentException undivided) {
      return Optional.empty();
    }
  }

  private void print(int count) {
    if (process == 0) {
      System.out.printf(
          Locale.ROOT,
          "%d programs, %d of them on a mesh too: digest %08x%n",
          count,
          onMeshes,
          digest.getValue());
    }
  }

  /** Prints how many ran, and the digest, at the end and from time to time before it. */
  public static void main(String[] arguments) {
    int count = Integer.parseInt(arguments[0]);
    long first = Long.parseLong(arguments[1]);
    ReproducibleBits bits = new ReproducibleBits();
    for (int done = 1; done <= count; done++) {
      bits.add(first + done - 1);
      if (done == count || done % EVERY == 0) {
        bits.print(done);
      }
    }
  }
}
