package io.github.shardsum.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class MeshTest {
  private static final Mesh XY = Mesh.of("x", 2, "y", 3);

  @Test
  void printsAsAPictureOfItsDevices() {
    assertEquals(
        """
        mesh x=2 y=3
            y0  y1  y2
        x0   0   1   2
        x1   3   4   5\
        """,
        XY.toString());
    assertEquals("mesh of one device\n   0", Mesh.of().toString());
    assertEquals(
        """
        mesh z=2 x=2 y=2
               y0  y1
        z0 x0   7   6
        z0 x1   5   4
        z1 x0   3   2
        z1 x1   1   0\
        """,
        Mesh.parse("z=2 x=2 y=2").withDevices(7, 6, 5, 4, 3, 2, 1, 0).toString());
  }

  @Test
  void ofALargeOneTheEndsAreDrawn() {
    String picture = Mesh.of("x", 64, "y", 32).toString();
    assertEquals(2 + 8 + 1 + 8, picture.lines().count());
    assertTrue(picture.contains("..."));
    assertTrue(picture.endsWith("2047"));
  }

  @Test
  void groupsHoldDevicesThatDifferAlongTheirAxesOnly() {
    DeviceGroups y = XY.groups("y");
    assertEquals(2, y.count());
    assertArrayEquals(new int[] {0, 1, 2}, y.devices(0));
    assertArrayEquals(new int[] {3, 4, 5}, y.devices(1));
    DeviceGroups yx = XY.groups("y", "x");
    assertArrayEquals(new int[] {0, 3, 1, 4, 2, 5}, yx.devices(0));
    assertEquals(3, yx.memberOf(4));
    assertArrayEquals(new int[] {4}, XY.groups().devices(4));
    assertEquals("along y: {0, 1, 2} {3, 4, 5}", y.toString());
  }

  @Test
  void anotherDeviceOrderMovesDevicesNotPositions() {
    Mesh reversed = XY.withDevices(5, 4, 3, 2, 1, 0);
    assertEquals(5, reversed.deviceAt(0));
    assertEquals(3, reversed.deviceAt(List.of(0, 2)));
    assertArrayEquals(new int[] {1, 1}, reversed.coordinates(1));
    assertEquals(1, reversed.coordinate(1, "y"));
    assertArrayEquals(new int[] {5, 4, 3}, reversed.groups("y").devices(0));
  }

  @Test
  void aNotationIsParsedToAnEqualMesh() {
    assertEquals(XY, Mesh.parse(XY.notation()));
    assertEquals(XY, Mesh.parse(" x=2, y=3 "));
    assertEquals(Mesh.of(), Mesh.parse(""));
  }

  @Test
  void severalAxesHaveTheProductOfTheirSizes() {
    assertEquals(6, XY.size(List.of("y", "x")));
    assertEquals(1, XY.size(List.of()));
    IllegalArgumentException twice =
        assertThrows(IllegalArgumentException.class, () -> XY.size(List.of("x", "y", "x")));
    assertEquals("mesh x=2 y=3: each axis must be named once, got [x, y, x]", twice.getMessage());
  }

  @Test
  void refusesWhatIsNoMesh() {
    for (String bad : List.of("x", "x=", "=2", "x=0", "x=2 x=3", "2x=2", "x=-1", "x=9999999999")) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> Mesh.parse(bad), bad);
      assertTrue(refused.getMessage().startsWith("mesh"), refused.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> Mesh.parse("x=999999999 y=999999999"));
    Map.of(
            "x=99999999999999999999", "devices must be at most 16777216, got \"x=9999",
            "y=2 x=-1", "mesh axis x: the size must be at least 1, got -1",
            "x=-y", "expected axes like x=2 y=4, got \"x=-y\"")
        .forEach(
            (bad, reason) -> {
              String said =
                  assertThrows(IllegalArgumentException.class, () -> Mesh.parse(bad)).getMessage();
              assertTrue(said.contains(reason), said);
            });
    assertThrows(IllegalArgumentException.class, () -> XY.withDevices(0, 1, 2, 3, 4, 4));
    assertThrows(IllegalArgumentException.class, () -> XY.groups("z"));
    assertThrows(IllegalArgumentException.class, () -> XY.groups("x", "x"));
  }

  @Test
  void whatIsNotThereIsToldWithTheMesh() {
    refuses("mesh x=2 y=3: a position must be in [0, 6), got 6", () -> XY.deviceAt(6));
    refuses("mesh x=2 y=3: a device must be in [0, 6), got -1", () -> XY.positionOf(-1));
    refuses("mesh x=2 y=3: a device must be in [0, 6), got 6", () -> XY.coordinates(6));
    refuses("mesh x=2 y=3: a device must be in [0, 6), got 6", () -> XY.coordinate(6, "x"));
    refuses(
        "mesh x=2 y=3: coordinates must be in [0, size of the axis), got [1, 3]",
        () -> XY.deviceAt(List.of(1, 3)));
    DeviceGroups y = XY.groups("y");
    String groups = "groups along [y] of mesh x=2 y=3: ";
    refuses(groups + "a group must be in [0, 2), got 2", () -> y.device(2, 0));
    refuses(groups + "a member must be in [0, 3), got -1", () -> y.device(0, -1));
    refuses(groups + "a group must be in [0, 2), got -1", () -> y.devices(-1));
    refuses("mesh x=2 y=3: a device must be in [0, 6), got 6", () -> y.groupOf(6));
    refuses("mesh x=2 y=3: a device must be in [0, 6), got -1", () -> y.memberOf(-1));
    refuses("mesh x=2 y=3: a device must be in [0, 6), got -5", () -> XY.part(List.of(), -5));
    refuses("chunks: the part must be in [0, 4), got 4", () -> Chunks.start(7, 4, 4));
    refuses("chunks: the part must be in [0, 4), got -1", () -> Chunks.size(7, 4, -1));
  }

  @Test
  void aNameIsLettersDigitsAndUnderscores() {
    for (String good : List.of("x", "_", "x_1", "größe", "X9")) {
      assertEquals(good + "=2", new MeshAxis(good, 2).toString());
    }
    for (String bad : List.of("", "1x", "x y", "x-y", "x.y", "x@")) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> new MeshAxis(bad, 2)).getMessage();
      assertTrue(message.endsWith("got \"" + bad + "\""), message);
    }
    assertThrows(IllegalArgumentException.class, () -> new MeshAxis("x", 0));
  }

  @Test
  void aDeviceOrderIsAPermutation() {
    for (int[] bad :
        new int[][] {
          {},
          {0, 1, 2, 3, 4},
          {0, 1, 2, 3, 4, 5, 6},
          {0, 1, 2, 3, 4, -1},
          {0, 1, 2, 3, 4, 6},
          {0, 1, 2, 3, 3, 5}
        }) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> XY.withDevices(bad)).getMessage();
      assertTrue(message.contains("holds each of 0 to 5 once"), message);
    }
    assertEquals(XY, XY.withDevices(0, 1, 2, 3, 4, 5));
    assertNotEquals(XY, XY.withDevices(0, 1, 2, 3, 5, 4));
    assertNotEquals(XY, Mesh.of("x", 2, "z", 3));
  }

  @Test
  void coordinatesAreOneAnAxis() {
    for (List<Integer> bad : List.of(List.<Integer>of(), List.of(1), List.of(1, 1, 0))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> XY.deviceAt(bad)).getMessage();
      assertTrue(message.contains("one coordinate for each axis"), message);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> XY.deviceAt(List.of(-1, 0)));
    assertThrows(IndexOutOfBoundsException.class, () -> XY.deviceAt(List.of(2, 0)));
  }

  @Test
  void groupsAreEqualOfOneMeshAndTheSameAxesInOrder() {
    assertEquals(XY.groups("x", "y"), Mesh.of("x", 2, "y", 3).groups("x", "y"));
    assertEquals(XY.groups("x").hashCode(), Mesh.of("x", 2, "y", 3).groups("x").hashCode());
    assertNotEquals(XY.groups("x", "y"), XY.groups("y", "x"));
    assertNotEquals(XY.groups("x"), Mesh.of("x", 2, "y", 4).groups("x"));
    Object mesh = XY;
    assertNotEquals(mesh, XY.groups("x"));
    String many = Mesh.of("x", 17, "y", 2).groups("y").toString();
    assertTrue(many.startsWith("along y: {0, 1} {2, 3} "), many);
    assertTrue(many.endsWith("{30, 31} ..."), many);
    String few = Mesh.of("x", 16, "y", 2).groups("y").toString();
    assertTrue(few.endsWith("{30, 31}"), few);
  }

  private static void refuses(String message, Executable use) {
    assertEquals(message, assertThrows(IndexOutOfBoundsException.class, use, message).getMessage());
  }
}
