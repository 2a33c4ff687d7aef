package io.github.shardsum.internal.reshard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts at the largest number of devices of which each is examined, and one step above it. */
final class LargeMeshCountsTest {
  private static Layout layout(String mesh, String layout) {
    return Layout.parse(Mesh.parse(mesh), layout);
  }

  /** A device has one row, and another one in the other order unless it lies on the diagonal. */
  @ParameterizedTest
  @CsvSource({"w=16 x=16, 256, 1", "w=17 x=16, 272, 0"})
  void upTo256DevicesHaveTheirBlocksCompared(String mesh, int rows, int expected) {
    Shape shape = Shape.of(rows);
    LayoutBlocks before = new LayoutBlocks(layout(mesh, "i@w.x"), shape);
    LayoutBlocks after = new LayoutBlocks(layout(mesh, "i@x.w"), shape);
    assertEquals(expected, after.lacking(before));
  }

  /** The one row is on the first device in both orders; a bound of many devices is the block. */
  @ParameterizedTest
  @CsvSource({"w=128 x=128, 0, 0", "w=256 x=128, 1, -1"})
  void upToAFewThousandMembersOfAPermuteAreExamined(String mesh, int received, int permuted) {
    Layout from = layout(mesh, "i@w.x j");
    Layout to = layout(mesh, "i@x.w j");
    Shape shape = Shape.of(1, 1);
    assertEquals(received, ReshardPermutation.of(from, to).received(shape));
    ReshardUnits units = ReshardUnits.ofAll(from, List.of());
    ChunkBounds bounds = new ChunkBounds(units, shape);
    assertEquals(permuted, bounds.permuted(units.stateOf(from), units.stateOf(to)));
  }

  /** Each part of w has one row, which is on the device where x, y and z are 0 in both orders. */
  @ParameterizedTest
  @CsvSource({"w=2 x=2 y=2 z=4, 2", "w=4 x=2 y=2 z=2, 4"})
  void aRowThatStaysIsNotReceived(String mesh, int rows) {
    Layout from = layout(mesh, "i@w.x.y.z");
    Layout to = layout(mesh, "i@w.y.x.z");
    assertEquals(0, ReshardPermutation.of(from, to).received(Shape.of(rows)));
  }

  /** The same with an even number of rows for each device: one that does not stay has them all. */
  @Test
  void evenRowsThatMoveAreReceived() {
    String mesh = "w=2 x=2 y=2 z=4";
    Layout from = layout(mesh, "i@w.x.y.z");
    assertEquals(
        3, ReshardPermutation.of(from, layout(mesh, "i@w.y.x.z")).received(Shape.of(3 * 32)));
    assertEquals(0, ReshardPermutation.of(from, from).received(Shape.of(3 * 32)));
  }
}
