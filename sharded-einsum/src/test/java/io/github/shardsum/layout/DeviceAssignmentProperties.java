package io.github.shardsum.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Arrays of devices are layouts of a mesh, or of the same axes in another order. */
final class DeviceAssignmentProperties {
  private static final List<String> LABELS = List.of("a", "b");
  private static final Shape SHAPE = Shape.of(24, 24);

  @Provide
  Arbitrary<String> layouts() {
    return Arbitraries.of(
        "a b", "a@x b", "a@y.x b", "a@x.y b", "a b@z", "a@x b@y", "a@y b@x.z", "a@z.x b@y");
  }

  private static int[] permutation(int count, Random random) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(order, random);
    return order.stream().mapToInt(device -> device).toArray();
  }

  /** The array that has at each index the devices whose part of the value that is. */
  private static DeviceAssignment assignment(Layout layout) {
    Mesh mesh = layout.mesh();
    int rows = mesh.size(layout.axes(0));
    int columns = mesh.size(layout.axes(1));
    List<Integer> devices = new ArrayList<>();
    for (int part = 0; part < rows * columns; part++) {
      for (int device = 0; device < mesh.size(); device++) {
        if (layout.part(0, device) * columns + layout.part(1, device) == part) {
          devices.add(device);
        }
      }
    }
    return new DeviceAssignment(List.of(rows, columns, mesh.size() / rows / columns), devices);
  }

  @Property
  void theArrayOfALayoutIsThatLayout(@ForAll("layouts") String notation, @ForAll Random random) {
    Mesh mesh = Mesh.parse("x=3 y=2 z=2").withDevices(permutation(12, random));
    Layout layout = Layout.parse(mesh, notation);
    assertEquals(layout, assignment(layout).on(mesh, LABELS));
  }

  @Property
  void anyArrayIsALayoutInSomeDeviceOrder(
      @ForAll("layouts") String notation, @ForAll Random random) {
    Mesh mesh = Mesh.parse("x=3 y=2 z=2").withDevices(permutation(12, random));
    List<Integer> sizes = assignment(Layout.parse(mesh, notation)).sizes();
    int[] devices = permutation(12, random);
    int[] array = sizes.stream().mapToInt(size -> size).toArray();
    DeviceAssignment assignment = DeviceAssignment.of(array, devices);
    Mesh ordered = assignment.ordered(mesh, LABELS);
    Layout layout = assignment.on(ordered, LABELS);
    for (int i = 0; i < devices.length; i++) {
      Box box = layout.box(SHAPE, devices[i]);
      long row = i / sizes.get(2) / sizes.get(1);
      long column = i / sizes.get(2) % sizes.get(1);
      assertEquals(
          List.of(row * 24 / sizes.get(0), column * 24 / sizes.get(1)),
          box.starts(),
          () -> "" + box);
    }
    try {
      Layout onMesh = assignment.on(mesh, LABELS);
      for (int device : devices) {
        assertEquals(layout.box(SHAPE, device), onMesh.box(SHAPE, device));
      }
    } catch (IllegalArgumentException none) {
      int[] order = new int[12];
      Arrays.setAll(order, ordered::deviceAt);
      String words = "with device order " + Arrays.toString(order) + " one does";
      assertTrue(String.valueOf(none.getMessage()).contains(words), none.getMessage());
    }
  }

  @Example
  void whatIsNoArrayOfTheMeshIsAnError() {
    assertThrows(
        IllegalArgumentException.class, () -> DeviceAssignment.of(new int[] {2, 2}, 0, 1, 2));
    assertThrows(IllegalArgumentException.class, () -> DeviceAssignment.of(new int[] {2}, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> DeviceAssignment.of(new int[] {0}));
    DeviceAssignment six = DeviceAssignment.of(new int[] {2, 3}, 0, 1, 2, 3, 4, 5);
    String other =
        assertThrows(IllegalArgumentException.class, () -> six.on(Mesh.of("x", 4), LABELS))
            .getMessage();
    assertTrue(other.contains("the 4 devices of mesh"), other);
    String factored =
        assertThrows(IllegalArgumentException.class, () -> six.on(Mesh.of("x", 6), LABELS))
            .getMessage();
    assertTrue(factored.contains("factor the mesh"), factored);
  }

  @Example
  void aProgramsValueLiesWhereTheArraySays() {
    Mesh mesh = Mesh.parse("x=2 y=2");
    int[] devices = {3, 0, 2, 1};
    DeviceAssignment assignment = DeviceAssignment.of(new int[] {2, 2}, devices);
    Mesh ordered = assignment.ordered(mesh, List.of("m", "n"));
    ProgramBuilder p = Program.builder("placed");
    Value x = p.input("x", "i64[m=4 n=6]");
    p.output("y", p.shard(x, assignment.on(ordered, x.type().names()).term()));
    long[] numbers = LongStream.range(0, 24).toArray();
    try (Collectives collectives = Collectives.open(ordered);
        MeshExecutable placed = MeshBackend.of(collectives).compile(p.build())) {
      placed.plan().certify();
      Tensor whole = Tensor.of(numbers, 4, 6);
      Layout given = placed.plan().plan().inputs().getFirst().layout();
      ShardedTensor y =
          placed
              .runSharded(List.of(ShardedTensor.of(whole, given, collectives.devices())))
              .getFirst();
      for (int i = 0; i < devices.length; i++) {
        Tensor part = y.shards().get(y.devices().indexOf(devices[i]));
        assertEquals(6 * 2 * (i / 2) + 3 * (i % 2), part.getLong(0, 0));
      }
    }
  }
}
