package io.github.shardsum.internal.engine.check;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AliasCheckTest {
  private static final Collective ALONG_Y = new Collective.AllReduce(Reduction.SUM, "y");
  private final Collectives collectives = Collectives.open(Mesh.of("x", 2, "y", 2));
  private final Tensor memory = Tensor.zeros(DType.F32, 64);

  @AfterEach
  void close() {
    collectives.close();
  }

  private List<Tensor> parts(int... starts) {
    return IntStream.of(starts).mapToObj(at -> memory.slice(0, at, at + 8)).toList();
  }

  private void refused(List<Tensor> x, List<Tensor> out) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> collectives.runInto(ALONG_Y, x, out));
    assertTrue(refused.getMessage().contains("memory of their own"), refused.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> collectives.plan("refused").communicate(ALONG_Y, x, out));
  }

  @Test
  void aResultMayLieInItsOwnOperandOnly() {
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, parts(0, 8, 16, 24), parts(0, 8, 16, 24)));
    refused(parts(0, 8, 16, 24), parts(8, 0, 16, 24));
    refused(parts(0, 8, 16, 24), parts(32, 40, 48, 23));
    List<Tensor> same = Collections.nCopies(4, memory.slice(0, 0, 8));
    refused(same, parts(0, 16, 24, 32));
  }

  @Test
  void aResultMayBeSharedWithinItsGroupOnly() {
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, parts(0, 8, 16, 24), parts(32, 32, 40, 40)));
    refused(parts(0, 8, 16, 24), parts(32, 40, 32, 40));
    refused(parts(0, 8, 16, 24), parts(32, 33, 40, 48));
  }

  @Test
  void aTileMayBeBroughtByDevicesOfSeveralGroups() {
    Tensor a = memory.slice(0, 0, 8);
    Tensor b = memory.slice(0, 8, 16);
    Tensor c = memory.slice(0, 16, 24);
    Tensor d = memory.slice(0, 24, 32);
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, List.of(a, b, a, b), List.of(c, d, c, d)));
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, List.of(a, b, a, b), List.of(a, b, a, b)));
    Tensor e = memory.slice(0, 32, 40);
    refused(List.of(a, b, e, b), List.of(c, d, c, d));
    refused(List.of(a, b, a, b), List.of(c, d, c, a));
  }

  @Test
  void oneOperandMayBeReadByAll() {
    List<Tensor> same = Collections.nCopies(4, memory.slice(0, 0, 8));
    assertDoesNotThrow(() -> collectives.runInto(ALONG_Y, same, parts(8, 16, 24, 32)));
  }

  /** Ranges of any order and reach, against a comparison of each with each. */
  @Test
  void rangesOfAnyOrderAndReachAreComparedEachWithEach() {
    Random random = new Random(27);
    int[] verdicts = new int[2];
    for (int trial = 0; trial < 4000; trial++) {
      int spread = trial % 2 == 0 ? 400 : 120;
      Region[] x = regions(random, spread, 2);
      Region[] out = regions(random, spread, 6);
      boolean apart = areApart(x, out, Region::meets);
      verdicts[apart ? 1 : 0]++;
      String what = Arrays.toString(x) + " to " + Arrays.toString(out);
      if (apart) {
        assertDoesNotThrow(() -> collectives.runInto(ALONG_Y, tensors(x), tensors(out)), what);
      } else {
        refused(tensors(x), tensors(out));
      }
    }
    assertTrue(Math.min(verdicts[0], verdicts[1]) > 300, () -> Arrays.toString(verdicts));
  }

  /**
   * The range of device 1 reaches furthest and is apart from the result, that of device 2 is not.
   */
  @Test
  void anOverlapIsSeenBehindARangeThatReachesFurther() {
    Region[] x = {new Region(100, 1), new Region(3, 10), new Region(3, 1), new Region(110, 1)};
    Region[] out = {new Region(120, 1), new Region(130, 1), new Region(140, 1), new Region(5, 10)};
    refused(tensors(x), tensors(out));
    x[2] = new Region(2, 1);
    assertDoesNotThrow(() -> collectives.runInto(ALONG_Y, tensors(x), tensors(out)));
  }

  /**
   * Columns of a matrix with ten of them and pieces of its rows, against the elements they have.
   */
  @Test
  void columnsAreComparedByTheirElements() {
    Random random = new Random(28);
    int[] verdicts = new int[2];
    for (int trial = 0; trial < 4000; trial++) {
      Region[] x = columnsAndRows(random);
      Region[] out = columnsAndRows(random);
      boolean apart = areApart(x, out, Region::sharesAnElement);
      verdicts[apart ? 1 : 0]++;
      String what = Arrays.toString(x) + " to " + Arrays.toString(out);
      if (apart) {
        assertDoesNotThrow(() -> collectives.runInto(ALONG_Y, tensors(x), tensors(out)), what);
      } else {
        refused(tensors(x), tensors(out));
      }
    }
    assertTrue(Math.min(verdicts[0], verdicts[1]) > 300, () -> Arrays.toString(verdicts));
  }

  private static Region[] columnsAndRows(Random random) {
    Region[] regions = new Region[4];
    for (int device = 0; device < 4; device++) {
      int row = random.nextInt(30);
      regions[device] =
          random.nextBoolean()
              ? new Region(10 * row + random.nextInt(10), 10)
              : new Region(10 * row + random.nextInt(8), 1);
    }
    return regions;
  }

  /**
   * A matrix and its transpose have the same range; a stride that no index takes does not count.
   */
  @Test
  void aSharedResultIsTheSameView() {
    List<Tensor> x = squares(144, 160, 176, 192);
    Tensor square = squares(0).getFirst();
    Tensor other = squares(16).getFirst();
    assertDoesNotThrow(
        () -> collectives.runInto(ALONG_Y, x, List.of(square, square, other, other)));
    refused(x, List.of(square, square.transpose(), other, other));
    List<Tensor> rows = parts(0, 8, 16, 24).stream().map(part -> part.reshape(1, 8)).toList();
    Tensor row = space.slice(0, 0, 8).reshape(1, 8);
    Tensor same = space.slice(0, 0, 16).reshape(1, 16).slice(1, 0, 8);
    Tensor last = space.slice(0, 16, 24).reshape(1, 8);
    assertDoesNotThrow(() -> collectives.runInto(ALONG_Y, rows, List.of(row, same, last, last)));
  }

  private List<Tensor> squares(int... starts) {
    return IntStream.of(starts).mapToObj(at -> space.slice(0, at, at + 16).reshape(4, 4)).toList();
  }

  /** A result that two devices share may not lie in the operand of one of them. */
  @Test
  void aSharedResultLiesInNoOperandOfOne() {
    List<Tensor> x = parts(0, 8, 16, 24);
    refused(x, parts(0, 0, 40, 40));
    refused(x, parts(8, 8, 40, 40));
  }

  /** Three elements of a long array. Of two steps, ranges that overlap are taken to share one. */
  private record Region(int start, int step) {
    boolean meets(Region other) {
      return start <= other.start + 2 * other.step && other.start <= start + 2 * step;
    }

    /** Of equal steps by the elements, of others by the ranges. */
    boolean sharesAnElement(Region other) {
      return step == other.step
          ? elements().anyMatch(at -> other.elements().anyMatch(there -> at == there))
          : meets(other);
    }

    private IntStream elements() {
      return IntStream.of(start, start + step, start + 2 * step);
    }
  }

  /** Devices 0 and 1 are a group, 2 and 3 are one; the members of a group may share a result. */
  private static boolean areApart(Region[] x, Region[] out, BiPredicate<Region, Region> overlap) {
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        boolean shared = i / 2 == j / 2 && out[i].equals(out[j]);
        if (i != j && (overlap.test(out[i], x[j]) || (overlap.test(out[i], out[j]) && !shared))) {
          return false;
        }
      }
    }
    return true;
  }

  /** Regions of short and long steps, no long one of which is another's. */
  private static Region[] regions(Random random, int spread, int firstStep) {
    Region[] regions = new Region[4];
    for (int device = 0; device < 4; device++) {
      int step = random.nextInt(3) > 0 ? 1 : firstStep + device + 8 * random.nextInt(spread / 24);
      regions[device] = new Region(random.nextInt(spread), step);
    }
    return regions;
  }

  private final Tensor space = Tensor.zeros(DType.F32, 1200);

  private List<Tensor> tensors(Region[] regions) {
    return Stream.of(regions)
        .map(r -> space.slice(0, r.start, r.start + 2L * r.step + 1, r.step))
        .toList();
  }
}
