package io.github.shardsum.layout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.FactorRule.Reads;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

final class LayoutProperties {
  private static final Mesh MESH = Mesh.parse("x=3 y=2 z=1").withDevices(4, 2, 0, 1, 5, 3);

  @Provide
  Arbitrary<String> layouts() {
    return Arbitraries.of(
        "a b", "a@x b", "a@y.x b", "a b@z", "a@x b@y", "a@y b@x.z", "a@z.x b@y", "a b@x | y");
  }

  @Property
  void theNotationIsReadBack(@ForAll("layouts") String notation) {
    Layout layout = Layout.parse(MESH, notation);
    assertEquals(layout, Layout.parse(MESH, layout.toString()));
  }

  /** Labels of one letter and of many, in any number, split or not. */
  @Property
  void everyWordIsOneLabel(
      @ForAll List<@From("words") String> labels, @ForAll boolean isSplit, @ForAll boolean isSum) {
    List<String> distinct = labels.stream().distinct().toList();
    StringBuilder notation = new StringBuilder();
    for (String label : distinct) {
      boolean first = notation.isEmpty();
      notation.append(first ? "" : " ").append(label).append(first && isSplit ? "@x" : "");
    }
    notation.append(isSum ? (distinct.isEmpty() ? "| y" : " | y") : "");
    Layout layout = Layout.parse(MESH, notation.toString());
    assertEquals(distinct, layout.term().axes().stream().map(Axis::label).toList());
    assertEquals(notation.toString(), layout.toString());
  }

  @Provide
  Arbitrary<String> words() {
    return Arbitraries.of("a", "b", "ab", "batch", "E", "h_1");
  }

  @Property
  void noDeviceHasMoreThanTheLargestShape(
      @ForAll("layouts") String notation,
      @ForAll @IntRange(max = 13) int a,
      @ForAll @IntRange(max = 13) int b) {
    Layout layout = Layout.parse(MESH, notation);
    Shape whole = Shape.of(a, b);
    long[] most = new long[2];
    for (int device = 0; device < MESH.size(); device++) {
      Shape local = layout.localShape(whole, device);
      most[0] = Math.max(most[0], local.size(0));
      most[1] = Math.max(most[1], local.size(1));
    }
    assertEquals(Shape.of(most), layout.largestShape(whole));
  }

  @Property
  void shardsPutTogetherAreTheWhole(
      @ForAll("layouts") String notation,
      @ForAll @IntRange(max = 13) int a,
      @ForAll @IntRange(max = 13) int b) {
    Layout layout = Layout.parse(MESH, notation);
    Tensor whole = Tensor.of(new double[a * b], a, b);
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        whole.set(100.0 * i + j, i, j);
      }
    }
    List<Integer> devices = IntStream.range(0, MESH.size()).boxed().toList();
    ShardedTensor shards = ShardedTensor.of(whole, layout, devices);
    if (layout.partial().isEmpty()) {
      assertArrayEquals(whole.toDoubleArray(), shards.gather().toDoubleArray());
    } else {
      assertThrows(IllegalStateException.class, shards::gather);
    }
  }

  @Example
  void axesOfSizeOneMeanNothing() {
    Layout named = Layout.parse(MESH, "a@x.z b");
    Layout plain = Layout.parse(MESH, "a@x b");
    assertTrue(named.isEquivalent(plain));
    assertFalse(named.equals(plain));
    assertFalse(plain.isEquivalent(Layout.parse(MESH, "a b@x")));
  }

  @Example
  void whatIsNoLayoutIsAnError() {
    assertEquals(
        "layout \"a@q b\": a mesh axis must be one of mesh \"x=3 y=2 z=1\", got \"q\"",
        assertThrows(IllegalArgumentException.class, () -> Layout.parse(MESH, "a@q b"))
            .getMessage());
    String factored =
        assertThrows(IllegalArgumentException.class, () -> Layout.parse(MESH, "a@x:2 b"))
            .getMessage();
    assertTrue(factored.contains("factor the mesh"), factored);
    assertThrows(IllegalArgumentException.class, () -> Layout.parse(MESH, "a@x b@x"));
    assertThrows(
        IllegalArgumentException.class, () -> Layout.parse(MESH, "a b").box(Shape.of(1, 2, 3), 0));
  }

  @Example
  void aPictureShowsWhichDevicesHoldABlock() {
    Layout layout = Layout.parse(Mesh.parse("x=2 y=2"), "a@x b");
    String picture = LayoutPicture.of(layout, Shape.of(4, 6));
    assertEquals(
        List.of("a@x b of [4, 6]", "| a 0:2 | a 2:4", "| 0 1   | 2 3"),
        picture.lines().map(String::strip).toList());
    String image = LayoutPicture.svg(List.of(layout), Shape.of(4, 6));
    assertTrue(image.startsWith("<svg") && image.strip().endsWith("</svg>"), image);
  }

  /** Labels beyond the last two that are split are slices, of which each has a head. */
  @Property
  void aPictureOfAnyRankHasEveryBlockAndDevice(
      @ForAll @IntRange(max = 5) int rank, @ForAll @IntRange(max = 1295) int places) {
    Mesh mesh = Mesh.parse("x=2 y=2 z=2 w=2");
    List<List<String>> axes = new ArrayList<>();
    for (int dim = 0; dim < rank; dim++) {
      axes.add(new ArrayList<>());
    }
    int rest = places;
    for (String axis : mesh.axisNames()) {
      int dim = rest % 6;
      rest /= 6;
      if (dim < rank) {
        axes.get(dim).add(axis);
      }
    }
    List<Axis> dims = new ArrayList<>();
    for (int dim = 0; dim < rank; dim++) {
      dims.add(new Axis("abcde".substring(dim, dim + 1), axes.get(dim)));
    }
    Layout layout = new Layout(mesh, new Term(dims, List.of()));
    Shape shape = Shape.of(LongStream.range(3, 3 + rank).toArray());
    String picture = LayoutPicture.of(layout, shape);
    int blocks = mesh.size(axes.stream().flatMap(List::stream).toList());
    List<Integer> split = axes.stream().map(mesh::size).filter(parts -> parts > 1).toList();
    int grid = split.stream().skip(Math.max(0, split.size() - 2)).reduce(1, (m, n) -> m * n);
    long heads = picture.lines().filter(line -> line.startsWith(layout + " of ")).count();
    assertEquals(blocks / grid, heads, picture);
    if (mesh.size() / blocks <= 4) {
      Set<String> words = new HashSet<>(List.of(picture.split("[\\s|]+", -1)));
      for (int device = 0; device < mesh.size(); device++) {
        assertTrue(words.contains(Integer.toString(device)), device + " in\n" + picture);
      }
    }
    String image = LayoutPicture.svg(List.of(layout), shape);
    assertEquals(blocks, image.split("<title>", -1).length - 1, image);
  }

  /** Beyond 16 parts the middle of a row or column is left out, beyond four devices of a block. */
  @Example
  void theMiddleOfALongPictureIsLeftOut() {
    Mesh mesh = Mesh.parse("x=17 y=2");
    String long17 = LayoutPicture.of(Layout.parse(mesh, "a@x b"), Shape.of(17, 2));
    assertTrue(long17.contains("a 7:8 | ... "), long17);
    assertFalse(long17.contains("a 8:9"), long17);
    assertTrue(long17.contains("a 9:10"), long17);
    String rows = LayoutPicture.of(Layout.parse(mesh, "a@x b@y"), Shape.of(17, 2));
    assertEquals(1 + 1 + 17, rows.lines().count(), rows);
    assertTrue(
        rows.lines().anyMatch(line -> line.matches("\\.\\.\\.( *\\| \\.\\.\\. *){2}")), rows);
    String whole = LayoutPicture.of(Layout.parse(mesh, "a b"), Shape.of(17, 2));
    assertTrue(whole.contains("0 1 2 3 ...33"), whole);
    Mesh sixteen = Mesh.parse("x=16 y=2");
    String short16 = LayoutPicture.of(Layout.parse(sixteen, "a@x b"), Shape.of(17, 2));
    assertFalse(short16.contains("..."), short16);
    String slices =
        LayoutPicture.of(
            Layout.parse(Mesh.parse("x=17 y=2 z=2"), "a@x b@y c@z"), Shape.of(17, 2, 2));
    assertEquals(
        16, slices.lines().filter(line -> line.contains(" of [17, 2, 2]")).count(), slices);
  }

  @Example
  void layoutsOfAnImageHaveAnArrowFromEachToTheNext() {
    Mesh mesh = Mesh.parse("x=2 y=2");
    List<Layout> layouts =
        List.of(
            Layout.parse(mesh, "a@x b"), Layout.parse(mesh, "a b@x"), Layout.parse(mesh, "a | x"));
    Shape shape = Shape.of(4, 6);
    List<Layout> two = layouts.subList(0, 2);
    String moved = LayoutPicture.svg(two, List.of("all-to-all a b x"), shape);
    assertTrue(moved.contains(">all-to-all a b x<"), moved);
    assertFalse(LayoutPicture.svg(two, shape).contains("all-to-all"));
    for (List<String> moves : List.of(List.of("one", "two"), List.of("one", "two", "three"))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> LayoutPicture.svg(two, moves, shape))
              .getMessage();
      assertTrue(message.endsWith("fewer than the 2 layouts, got " + moves.size()), message);
    }
    String sums = LayoutPicture.svg(List.of(layouts.getLast()), Shape.of(4));
    assertTrue(sums.contains("has partial sums") && sums.contains("has copies"), sums);
  }

  @Example
  void aBoxIsIntervalsAndTheIntersectionWhatBothHave() {
    Box box = new Box(List.of(0L, 4L), List.of(2L, 8L));
    assertEquals("[0:2, 4:8]", box.toString());
    assertEquals(8, box.elementCount());
    assertEquals(
        new Box(List.of(1L, 6L), List.of(2L, 8L)),
        box.intersect(new Box(List.of(1L, 6L), List.of(9L, 9L))));
    assertEquals(0, box.intersect(new Box(List.of(0L, 8L), List.of(2L, 9L))).elementCount());
    assertThrows(
        IllegalArgumentException.class, () -> box.intersect(new Box(List.of(0L), List.of(2L))));
    for (List<List<Long>> bad :
        List.of(
            List.of(List.of(0L), List.of(1L, 2L)),
            List.of(List.of(-1L), List.of(1L)),
            List.of(List.of(0L, 3L), List.of(1L, 2L)))) {
      assertThrows(IllegalArgumentException.class, () -> new Box(bad.get(0), bad.get(1)));
    }
  }

  @Example
  void shardsAreOfTheLayoutsShapesAndOfOneDType() {
    Mesh mesh = Mesh.parse("x=2");
    Layout split = Layout.parse(mesh, "a@x");
    Shape shape = Shape.of(3);
    Tensor two = Tensor.of(new float[] {1, 2}, 2);
    Tensor one = Tensor.of(new float[] {3}, 1);
    ShardedTensor value = new ShardedTensor(shape, split, List.of(0, 1), List.of(two, one));
    assertEquals(3, value.gather().getDouble(2));
    Tensor narrow = Tensor.of(new double[] {3}, 1);
    for (List<Tensor> shards :
        List.of(List.<Tensor>of(), List.of(two), List.of(one, two), List.of(two, narrow))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new ShardedTensor(shape, split, List.of(0, 1), shards));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new ShardedTensor(shape, split, List.of(), List.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ShardedTensor(shape, split, List.of(0, 0), List.of(two, two)));
    for (Tensor result : List.of(Tensor.of(new float[2], 2), Tensor.of(new double[3], 3))) {
      assertThrows(IllegalArgumentException.class, () -> value.gatherInto(result));
    }
    ShardedTensor part = new ShardedTensor(shape, split, List.of(1), List.of(one));
    assertThrows(IllegalStateException.class, part::gather);
    ShardedTensor addends = ShardedTensor.of(one, Layout.parse(mesh, "a | x"), List.of(0, 1));
    assertEquals(0, addends.shards().get(1).getDouble(0));
    assertThrows(IllegalStateException.class, addends::gather);
    ShardedTensor alone =
        ShardedTensor.of(one, Layout.parse(Mesh.parse("x=1"), "a | x"), List.of(0));
    assertEquals(3, alone.gather().getDouble(0));
  }

  /** Of each index of a part the elements that the operation's definition reads, and no more. */
  @Property
  void aPartReadsTheElementsOfItsIndices(
      @ForAll @IntRange(min = 1, max = 9) int n,
      @ForAll @IntRange(min = 1, max = 4) int parts,
      @ForAll @IntRange(max = 3) int first,
      @ForAll @IntRange(min = 1, max = 3) int step,
      @ForAll @IntRange(min = 1, max = 3) int window) {
    Cut result = Cut.chunks(n, parts);
    long sliced = first + (long) step * n;
    reads(new Reads.Slice(first, step), result, sliced, r -> LongStream.of(first + step * r));
    reads(new Reads.Shift(first), result, n, r -> LongStream.of(r - first));
    reads(new Reads.Shift(-first), result, n, r -> LongStream.of(r + first));
    reads(new Reads.Offset(first), result, n, r -> LongStream.of(r - first));
    reads(
        new Reads.Pad(first, step - 1),
        result,
        n,
        r -> (r - first) % step == 0 ? LongStream.of((r - first) / step) : LongStream.empty());
    reads(
        new Reads.Window(window, step, first + 1),
        result,
        (long) step * n + (long) window * (first + 1),
        r -> LongStream.range(0, window).map(w -> r * step + w * (first + 1)));
    reads(
        new Reads.Through(new Reads.Shift(first), n, new Reads.Slice(1, step)),
        result,
        1 + (long) step * n,
        r -> r < first ? LongStream.empty() : LongStream.of(1 + step * (r - first)));
  }

  private static void reads(Reads reads, Cut result, long size, LongFunction<LongStream> of) {
    Cut read = reads.of(result, size);
    assertEquals(size, read.size());
    for (int part = 0; part < result.count(); part++) {
      long[] elements =
          LongStream.range(result.start(part), result.end(part))
              .boxed()
              .flatMapToLong(of::apply)
              .filter(element -> element >= 0 && element < size)
              .sorted()
              .toArray();
      if (elements.length > 0) {
        assertEquals(elements[0], read.start(part), reads + " of part " + part + " of " + result);
        assertEquals(elements[elements.length - 1] + 1, read.end(part), reads::toString);
      }
    }
  }
}
