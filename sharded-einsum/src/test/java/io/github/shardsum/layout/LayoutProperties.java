package io.github.shardsum.layout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  void classesCountTheShapesOfAllDevices(
      @ForAll("layouts") String notation,
      @ForAll @IntRange(max = 13) int a,
      @ForAll @IntRange(max = 13) int b) {
    Layout layout = Layout.parse(MESH, notation);
    Shape whole = Shape.of(a, b);
    Map<Shape, Integer> counted = new HashMap<>();
    for (int device = 0; device < MESH.size(); device++) {
      counted.merge(layout.localShape(whole, device), 1, Integer::sum);
    }
    Map<Shape, Integer> classes = new HashMap<>();
    layout.classes(whole).forEach(each -> classes.put(each.shape(), each.devices()));
    assertEquals(counted, classes);
    assertTrue(counted.containsKey(layout.largestShape(whole)));
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
  void classesOfManyDevicesAreFew() {
    Layout layout = Layout.parse(Mesh.parse("x=64 y=64 z=16"), "a@x.y b@z");
    List<SizeClass> classes = layout.classes(Shape.of(100_001, 77));
    assertTrue(classes.size() <= 15, classes.toString());
    assertEquals(64 * 64 * 16, classes.stream().mapToInt(SizeClass::devices).sum());
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
}
