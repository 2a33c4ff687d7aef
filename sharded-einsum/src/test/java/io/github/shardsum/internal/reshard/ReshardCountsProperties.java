package io.github.shardsum.internal.reshard;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The closed forms of what a device lacks before a collective, against a walk over all devices. */
class ReshardCountsProperties {
  private static final List<String> NAMES = List.of("w", "x", "y", "z");

  /** Indices start to end - 1. */
  private record Interval(long start, long end) {
    boolean has(long index) {
      return start <= index && index < end;
    }

    long length() {
      return end - start;
    }

    /** The indices that the other lacks. */
    long without(Interval other) {
      long count = 0;
      for (long index = start; index < end; index++) {
        count += other.has(index) ? 0 : 1;
      }
      return count;
    }
  }

  /** The indices of a device: chunks of ceil(n / p), over several axes chunks of chunks. */
  private static Interval interval(long size, List<Integer> parts, List<Integer> device) {
    Interval all = new Interval(0, size);
    for (int axis = 0; axis < parts.size(); axis++) {
      long chunk = (all.length() + parts.get(axis) - 1) / parts.get(axis);
      long start = Math.min(all.end(), all.start() + device.get(axis) * chunk);
      all = new Interval(start, Math.min(all.end(), start + chunk));
    }
    return all;
  }

  private static List<List<Integer>> devices(List<Integer> sizes) {
    List<List<Integer>> all = List.of(List.of());
    for (int size : sizes) {
      List<List<Integer>> longer = new ArrayList<>();
      for (List<Integer> device : all) {
        for (int i = 0; i < size; i++) {
          longer.add(joined(device, List.of(i)));
        }
      }
      all = longer;
    }
    return all;
  }

  private static <T> List<T> joined(List<T> first, List<T> second) {
    List<T> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  private static long most(List<Integer> axes, ToLongFunction<List<Integer>> lacking) {
    return devices(axes).stream().mapToLong(lacking).max().orElseThrow();
  }

  private static Mesh mesh(List<Integer> sizes) {
    List<String> axes = new ArrayList<>();
    for (int axis = 0; axis < sizes.size(); axis++) {
      axes.add(NAMES.get(axis) + "=" + sizes.get(axis));
    }
    return Mesh.parse(axes.isEmpty() ? "w=1" : String.join(" ", axes));
  }

  private static String label(String label, List<String> axes) {
    return axes.isEmpty() ? label : label + "@" + String.join(".", axes);
  }

  private static <T> List<T> inOrder(List<Integer> order, List<T> all) {
    return order.stream().map(all::get).toList();
  }

  /** Bounds of chunks by the axes of a mesh, each of which is a unit if it has several devices. */
  private static ChunkBounds bounds(Mesh mesh, long... shape) {
    Layout whole = Layout.parse(mesh, "i j");
    return new ChunkBounds(ReshardUnits.ofAll(whole, List.of()), Shape.of(shape));
  }

  private static int[] units(List<Integer> sizes, int from, int to) {
    return units(sizes, IntStream.range(from, to).boxed().toList());
  }

  private static int[] units(List<Integer> sizes, List<Integer> axes) {
    return axes.stream()
        .filter(axis -> sizes.get(axis) > 1)
        .mapToInt(axis -> (int) sizes.subList(0, axis).stream().filter(size -> size > 1).count())
        .toArray();
  }

  @Property
  void anAllGatherBringsTheRestOfAGroupsInterval(
      @ForAll @IntRange(max = 40) int size,
      @ForAll @Size(max = 2) List<@IntRange(min = 1, max = 4) Integer> kept,
      @ForAll @Size(min = 1, max = 2) List<@IntRange(min = 1, max = 4) Integer> moved) {
    List<Integer> axes = joined(kept, moved);
    long expected =
        most(axes, device -> interval(size, kept, device).without(interval(size, axes, device)));
    assertEquals(expected, ReshardCounts.gathered(size, kept, moved));
    int[] before = units(axes, 0, axes.size());
    int[] after = units(axes, 0, kept.size());
    assertEquals(expected, bounds(mesh(axes), size, 1).gathered(0, before, after));
  }

  @Property
  void anAllToAllBringsThePairsOfIndicesThatAMemberHasAfterwardsAndNotBefore(
      @ForAll @IntRange(max = 14) int from,
      @ForAll @Size(max = 1) List<@IntRange(min = 1, max = 3) Integer> kept,
      @ForAll @IntRange(max = 14) int to,
      @ForAll @Size(max = 1) List<@IntRange(min = 1, max = 3) Integer> there,
      @ForAll @Size(min = 1, max = 2) List<@IntRange(min = 1, max = 4) Integer> moved) {
    List<Integer> axes = joined(joined(kept, there), moved);
    int other = kept.size();
    int group = kept.size() + there.size();
    long expected = swapped(from, kept, to, there, moved);
    assertEquals(expected, ReshardCounts.allToAll(from, kept, moved, to, there));
    int[] whole = units(axes, 0, other);
    int[] split = units(axes, other, group);
    int[] both = units(axes, group, axes.size());
    assertEquals(
        expected,
        bounds(mesh(axes), from, to)
            .allToAll(
                0, ReshardState.append(whole, both), whole, 1, ReshardState.append(split, both)));
  }

  /** The most pairs of indices of two labels that a device has afterwards and not before. */
  private static long swapped(
      int from, List<Integer> kept, int to, List<Integer> there, List<Integer> moved) {
    List<Integer> axes = joined(joined(kept, there), moved);
    int other = kept.size();
    int group = kept.size() + there.size();
    return most(
        axes,
        device -> {
          List<Integer> own = device.subList(0, other);
          List<Integer> second = device.subList(other, group);
          List<Integer> member = device.subList(group, axes.size());
          Interval rowsBefore = interval(from, joined(kept, moved), joined(own, member));
          Interval rows = interval(from, kept, own);
          Interval columnsBefore = interval(to, there, second);
          Interval columns = interval(to, joined(there, moved), joined(second, member));
          return pairs(rows, columns) - common(rows, columns, rowsBefore, columnsBefore);
        });
  }

  /** Each pair of sizes up to nine, so that full chunks, rests and empty parts meet in any way. */
  @Example
  void everySmallAllToAllBringsThePairsThatAMemberLacks() {
    for (List<Integer> moved :
        List.of(List.of(2), List.of(3), List.of(4), List.of(5), List.of(2, 2), List.of(3, 2))) {
      for (int from = 0; from < 10; from++) {
        for (int to = 0; to < 10; to++) {
          assertEquals(
              swapped(from, List.of(), to, List.of(), moved),
              ReshardCounts.allToAll(from, List.of(), moved, to, List.of()),
              from + " and " + to + " by " + moved);
        }
      }
    }
  }

  private static long pairs(Interval rows, Interval columns) {
    return rows.length() * columns.length();
  }

  private static long common(
      Interval rows, Interval columns, Interval rowsBefore, Interval columnsBefore) {
    return (rows.length() - rows.without(rowsBefore))
        * (columns.length() - columns.without(columnsBefore));
  }

  @Property
  void anotherOrderOfAxesBringsTheIndicesThatADeviceDidNotHave(
      @ForAll @IntRange(max = 40) int size,
      @ForAll @Size(3) List<@IntRange(min = 1, max = 4) Integer> sizes,
      @ForAll Random random) {
    List<Integer> after = new ArrayList<>(List.of(0, 1, 2));
    Collections.shuffle(after, random);
    long expected =
        most(
            sizes,
            device ->
                interval(size, inOrder(after, sizes), inOrder(after, device))
                    .without(interval(size, sizes, device)));
    Mesh mesh = mesh(sizes);
    Layout from = Layout.parse(mesh, label("i", NAMES.subList(0, 3)) + " j");
    Layout to = Layout.parse(mesh, label("i", inOrder(after, NAMES)) + " j");
    assertEquals(expected, AxisReordering.of(from, to, 0, size).most());
    assertEquals(
        expected,
        bounds(mesh, size, 1).exchanged(0, units(sizes, List.of(0, 1, 2)), units(sizes, after)));
  }

  /** Four axes of two devices: the first on i, the next on j, the last on none. */
  private static Layout onTwo(Mesh mesh, int first, int second, Random random) {
    List<String> axes = new ArrayList<>(NAMES);
    Collections.shuffle(axes, random);
    String i = label("i", axes.subList(0, first));
    return Layout.parse(mesh, i + " " + label("j", axes.subList(first, first + second)));
  }

  @Property
  void aPermuteBringsEachDeviceTheBlockOfItsSource(
      @ForAll @IntRange(max = 3) int first,
      @ForAll @IntRange(max = 1) int second,
      @ForAll @IntRange(max = 20) int rows,
      @ForAll @IntRange(min = 1, max = 5) int columns,
      @ForAll Random random) {
    Mesh mesh = mesh(List.of(2, 2, 2, 2));
    Layout from = onTwo(mesh, first, second, random);
    Layout to = onTwo(mesh, first, second, random);
    ReshardPermutation permutation = ReshardPermutation.of(from, to);
    int[] sources = permutation.sources();
    int[] each = sources.clone();
    Arrays.sort(each);
    assertArrayEquals(IntStream.range(0, sources.length).toArray(), each);
    Shape shape = Shape.of(rows, columns);
    long received = 0;
    for (int device = 0; device < mesh.size(); device++) {
      int source = source(mesh, permutation, sources, device);
      for (int dim = 0; dim < 2; dim++) {
        assertEquals(from.part(dim, source), to.part(dim, device));
      }
      Shape block = to.localShape(shape, device);
      received = Math.max(received, source == device ? 0 : block.size(0) * block.size(1));
    }
    assertEquals(received, permutation.received(shape));
    boolean areBothChanged = !from.axes(0).equals(to.axes(0)) && !from.axes(1).equals(to.axes(1));
    if (areBothChanged) {
      ReshardUnits units = ReshardUnits.ofAll(from, List.of());
      ChunkBounds bounds = new ChunkBounds(units, shape);
      assertEquals(received, bounds.permuted(units.stateOf(from), units.stateOf(to)));
    }
  }

  /** The device whose block a device gets: other coordinates along the permutation's axes. */
  private static int source(Mesh mesh, ReshardPermutation permutation, int[] sources, int device) {
    List<Integer> coordinates =
        new ArrayList<>(Arrays.stream(mesh.coordinates(device)).boxed().toList());
    int member = 0;
    for (String axis : permutation.axes()) {
      member = member * mesh.size(axis) + coordinates.get(mesh.indexOf(axis));
    }
    int rest = sources[member];
    for (String axis : permutation.axes().reversed()) {
      coordinates.set(mesh.indexOf(axis), rest % mesh.size(axis));
      rest /= mesh.size(axis);
    }
    return mesh.deviceAt(coordinates);
  }

  /** Each axis cuts i or j, or is one of addends, or none. */
  private static Layout anywhere(Mesh mesh, Random random) {
    List<String> axes = new ArrayList<>(mesh.axisNames());
    Collections.shuffle(axes, random);
    List<List<String>> places = new ArrayList<>();
    for (int place = 0; place < 4; place++) {
      places.add(new ArrayList<>());
    }
    axes.forEach(axis -> places.get(random.nextInt(4)).add(axis));
    String cut = label("i", places.get(0)) + " " + label("j", places.get(1));
    List<String> partial = places.get(2);
    return Layout.parse(mesh, partial.isEmpty() ? cut : cut + " | " + String.join(" ", partial));
  }

  private static Interval interval(Layout layout, int dim, long size, int device) {
    Mesh mesh = layout.mesh();
    List<String> axes = layout.axes(dim);
    return interval(
        size,
        axes.stream().map(mesh::size).toList(),
        axes.stream().map(axis -> mesh.coordinate(device, axis)).toList());
  }

  /** Of addends that are summed on the way a device has nothing. */
  @Property
  void aDeviceLacksWhatItHasAfterwardsAndNotBefore(
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 3) Integer> sizes,
      @ForAll @IntRange(max = 12) int rows,
      @ForAll @IntRange(max = 12) int columns,
      @ForAll Random random) {
    Mesh mesh = mesh(sizes);
    Layout from = anywhere(mesh, random);
    Layout to = anywhere(mesh, random);
    boolean isSummed = false;
    for (String axis : from.partial()) {
      isSummed |= mesh.size(axis) > 1 && !to.partial().contains(axis);
    }
    long expected = 0;
    for (int device = 0; device < mesh.size(); device++) {
      Interval i = interval(to, 0, rows, device);
      Interval j = interval(to, 1, columns, device);
      long had = common(i, j, interval(from, 0, rows, device), interval(from, 1, columns, device));
      expected = Math.max(expected, pairs(i, j) - (isSummed ? 0 : had));
    }
    Shape shape = Shape.of(rows, columns);
    assertEquals(expected, new LayoutBlocks(to, shape).lacking(new LayoutBlocks(from, shape)));
  }
}
