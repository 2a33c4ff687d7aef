package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.ProtobufWire;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ShardingProperties {
  private static final int OTHER = 3;

  @Property
  void whatIsSplitIsJoinedAgain(
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 3) Integer> tiles,
      @ForAll @IntRange(min = 1, max = 2) int copies,
      @ForAll @IntRange(min = 1, max = 3) int chunk,
      @ForAll long seed) {
    Sharding sharding = sharding(tiles, copies, seed);
    int devices = sharding.devices().size() * copies;
    long[] sizes = tiles.stream().mapToLong(tile -> (long) tile * chunk).toArray();
    float[] values = new float[Math.toIntExact(Arrays.stream(sizes).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Tensor whole = Tensor.of(values, sizes);
    List<Tensor> parts = sharding.split(whole, devices);
    assertEquals(devices, parts.size());
    assertArrayEquals(values, sharding.join(parts).toFloatArray());
  }

  @Property
  void theMessageOfXlaIsTheSharding(
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 3) Integer> tiles,
      @ForAll @IntRange(min = 1, max = 2) int copies,
      @ForAll long seed) {
    Sharding sharding = sharding(tiles, copies, seed);
    long[] order =
        sharding.devices().stream().flatMap(List::stream).mapToLong(Integer::longValue).toArray();
    byte[] proto =
        new ProtobufWire.Writer()
            .number(1, OTHER)
            .packed(3, dimensions(tiles, copies))
            .packed(4, order)
            .flag(6, copies > 1)
            .toBytes();
    assertEquals(sharding, Sharding.parse(proto, tiles.size(), order.length));
  }

  @Property
  void noMessageDoesMoreThanBeRefused(@ForAll byte[] garbage, @ForAll @IntRange(max = 4) int rank) {
    try {
      assertTrue(Sharding.parse(garbage, rank, 8).devices().size() > 0);
    } catch (IllegalArgumentException e) {
      assertTrue(e.getMessage().length() > 5, e.getMessage());
    }
  }

  @Example
  void anIotaIsTransposed() {
    // {devices=[4,1,2]<=[2,4]T(1,0) last_tile_dim_replicate}
    byte[] proto =
        new ProtobufWire.Writer()
            .number(1, OTHER)
            .packed(3, new long[] {4, 1, 2})
            .packed(9, new long[] {2, 4})
            .packed(10, new long[] {1, 0})
            .flag(6, true)
            .toBytes();
    assertEquals(
        new Sharding(
            List.of(4, 1), List.of(List.of(0, 4), List.of(1, 5), List.of(2, 6), List.of(3, 7))),
        Sharding.parse(proto, 2, 8));
  }

  @Example
  void anEmptyMessageIsReplicated() {
    assertEquals(Sharding.replicated(4), Sharding.parse(new byte[0], 2, 4));
  }

  @Example
  void shardingsWithoutTilesAreRefused() {
    for (int type : new int[] {1, 2, 4, 5, 6}) {
      byte[] proto = new ProtobufWire.Writer().number(1, type).toBytes();
      assertThrows(IllegalArgumentException.class, () -> Sharding.parse(proto, 1, 4));
    }
  }

  @Example
  void anAxisThatDoesNotDivideIsRefused() {
    Sharding halves = new Sharding(List.of(2), List.of(List.of(0), List.of(1)));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> halves.split(Tensor.of(new float[3], 3), 2));
    assertTrue(e.getMessage().contains("a multiple of its 2 parts"), e.getMessage());
  }

  @Example
  void shardingsThatLeaveDevicesOrTilesOutAreRefused() {
    for (List<List<Integer>> devices :
        List.<List<List<Integer>>>of(
            List.of(),
            List.of(List.of(0)),
            List.of(List.of(0), List.of()),
            List.of(List.of(0), List.of(0)),
            List.of(List.of(0), List.of(5)),
            List.of(List.of(0), List.of(-1)))) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> new Sharding(List.of(2), devices),
              "" + devices);
      assertTrue(e.getMessage().startsWith("sharding: "), e.getMessage());
    }
    for (int tiles : new int[] {0, -2}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new Sharding(List.of(tiles, 1), List.of(List.of(0), List.of(1))));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new Sharding(List.of(1 << 30, 1 << 30, 1 << 30), List.of(List.of(0))));
    assertThrows(IllegalArgumentException.class, () -> Sharding.replicated(0));
    assertThrows(IllegalArgumentException.class, () -> Sharding.replicated(-1));
  }

  @Example
  void anotherNumberOfDevicesIsRefused() {
    Sharding halves = new Sharding(List.of(2), List.of(List.of(0), List.of(1)));
    Tensor whole = Tensor.of(new float[4], 4);
    for (int count : new int[] {-1, 0, 1, 3}) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> halves.split(whole, count));
      assertEquals(
          "count: expected 2, one for each device of tiles [2] on [[0], [1]], got " + count,
          e.getMessage());
    }
  }

  @Example
  void partsThatDoNotMakeAWholeAreRefused() {
    Sharding halves = new Sharding(List.of(2), List.of(List.of(0), List.of(1)));
    Tensor half = Tensor.of(new float[2], 2);
    for (List<Tensor> parts :
        List.of(
            List.<Tensor>of(),
            List.of(half),
            List.of(half, half, half),
            List.of(half, Tensor.of(new float[3], 3)),
            List.of(half, Tensor.of(new int[2], 2)),
            List.of(Tensor.of(new float[1]), Tensor.of(new float[1])))) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> halves.join(parts));
      assertTrue(e.getMessage().startsWith("parts: "), e.getMessage());
    }
    // Copies are parts too.
    assertThrows(
        IllegalArgumentException.class,
        () -> Sharding.replicated(2).join(List.of(half, Tensor.of(new float[3], 3))));
  }

  private static long[] dimensions(List<Integer> tiles, int copies) {
    List<Long> all = new ArrayList<>(tiles.stream().map(Integer::longValue).toList());
    if (copies > 1) {
      all.add((long) copies);
    }
    return all.stream().mapToLong(Long::longValue).toArray();
  }

  private static Sharding sharding(List<Integer> tiles, int copies, long seed) {
    int count = tiles.stream().reduce(1, (a, b) -> a * b);
    List<Integer> order = new ArrayList<>(IntStream.range(0, count * copies).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    List<List<Integer>> devices = new ArrayList<>();
    for (int tile = 0; tile < count; tile++) {
      devices.add(order.subList(tile * copies, (tile + 1) * copies));
    }
    return new Sharding(tiles, devices);
  }
}
