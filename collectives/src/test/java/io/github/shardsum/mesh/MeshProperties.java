package io.github.shardsum.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class MeshProperties {
  private static Mesh mesh(List<Integer> sizes, Random random) {
    List<MeshAxis> axes = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      axes.add(new MeshAxis("a" + i, sizes.get(i)));
    }
    Mesh mesh = Mesh.of(axes);
    List<Integer> order = new ArrayList<>(IntStream.range(0, mesh.size()).boxed().toList());
    Collections.shuffle(order, random);
    return mesh.withDevices(order.stream().mapToInt(i -> i).toArray());
  }

  @Property
  void coordinatesAndDevicesAreInverse(
      @ForAll @Size(max = 4) List<@IntRange(min = 1, max = 4) Integer> sizes,
      @ForAll Random random) {
    Mesh mesh = mesh(sizes, random);
    for (int device = 0; device < mesh.size(); device++) {
      List<Integer> at = IntStream.of(mesh.coordinates(device)).boxed().toList();
      assertEquals(device, mesh.deviceAt(at));
      assertEquals(device, mesh.deviceAt(mesh.positionOf(device)));
    }
    assertEquals(Mesh.of(mesh.axes()), Mesh.parse(mesh.notation()));
  }

  @Property
  void groupsPartTheDevicesAndNumberThemByCoordinates(
      @ForAll @Size(max = 4) List<@IntRange(min = 1, max = 4) Integer> sizes,
      @ForAll Random random) {
    Mesh mesh = mesh(sizes, random);
    List<String> axes = new ArrayList<>(mesh.axisNames());
    Collections.shuffle(axes, random);
    List<String> along = axes.subList(0, random.nextInt(axes.size() + 1));
    DeviceGroups groups = mesh.groups(along);
    List<Integer> all = new ArrayList<>();
    for (int group = 0; group < groups.count(); group++) {
      for (int member = 0; member < groups.size(); member++) {
        int device = groups.device(group, member);
        all.add(device);
        assertEquals(group, groups.groupOf(device));
        assertEquals(member, groups.memberOf(device));
        int number = 0;
        for (String axis : along) {
          number = number * mesh.size(axis) + mesh.coordinate(device, axis);
        }
        assertEquals(number, member);
      }
    }
    Collections.sort(all);
    assertArrayEquals(
        IntStream.range(0, mesh.size()).toArray(), all.stream().mapToInt(i -> i).toArray());
  }

  @Property
  void chunksCoverEverythingOnce(
      @ForAll @IntRange(max = 50) int n, @ForAll @IntRange(min = 1, max = 20) int parts) {
    long next = 0;
    for (int part = 0; part < parts; part++) {
      assertEquals(next, Chunks.start(n, parts, part));
      next += Chunks.size(n, parts, part);
    }
    assertEquals(n, next);
  }
}
