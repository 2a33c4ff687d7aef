package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Partitions;
import io.github.shardsum.partition.PlanOptions.Windows;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.topology.Topologies;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** When rows travel in pieces, in which order, and that they are the same rows. */
class PiecesPlanTest {
  private static final PlanOptions ROWS = PlanOptions.defaults().withPartitions(Partitions.ALWAYS);
  private static final PlanOptions TIMED = ROWS.withTopology(Topologies.tpuV3(4));

  /** Of 4 devices with 4 experts each. */
  private static ProgramPlan plan(int tokens, PlanOptions options) {
    Mesh mesh = Mesh.parse("x=4");
    ExpertRows layer =
        new ExpertRows(8, tokens, 2, 16, 256, 512, Activation.RELU, false, new int[0], List.of());
    try (Collectives collectives = Collectives.open(mesh)) {
      return MeshBackend.of(collectives, MoePrograms.kernels(), options).plan(layer.onMesh(mesh));
    }
  }

  private static List<CompositeParts> parts(ProgramPlan plan) {
    return plan.plan().steps().stream()
        .filter(step -> step.action() instanceof Action.Partitioned)
        .map(step -> ((Action.Partitioned) step.action()).parts())
        .toList();
  }

  private static List<Integer> pieces(ProgramPlan plan) {
    return parts(plan).stream().map(CompositeParts::pieces).toList();
  }

  @Test
  void thePriceSaysWhetherRowsTravelInPieces() {
    assertEquals(List.of(1, 1), pieces(plan(256, TIMED)));
    ProgramPlan cheaper = plan(256, TIMED.withWindows(Windows.BY_PRICE));
    assertTrue(pieces(cheaper).stream().allMatch(count -> count > 1), cheaper::explain);
    assertTrue(cheaper.cost() < plan(256, TIMED).cost(), cheaper::explain);
    assertTrue(cheaper.explain().contains("cheaper in pieces"), cheaper::explain);
    // Where little is multiplied, and where no topology says how long rows travel.
    assertEquals(List.of(1, 1), pieces(plan(1, TIMED.withWindows(Windows.BY_PRICE))));
    assertEquals(List.of(1, 1), pieces(plan(256, ROWS.withWindows(Windows.BY_PRICE))));
    assertTrue(
        pieces(plan(1, ROWS.withWindows(Windows.ALWAYS))).stream().allMatch(count -> count > 1));
  }

  @Test
  void piecesMoveAndHoldWhatAllRowsAtOnceDo() {
    SpmdPlan whole = plan(64, ROWS).plan();
    SpmdPlan cut = plan(64, ROWS.withWindows(Windows.ALWAYS)).plan();
    assertEquals(whole.steps().size(), cut.steps().size());
    for (int step = 0; step < whole.steps().size(); step++) {
      assertEquals(whole.bytesReceived(step), cut.bytesReceived(step));
      assertEquals(whole.mostBytesReceived(step), cut.mostBytesReceived(step));
    }
    assertEquals(whole.peakBytes(), cut.peakBytes());
  }

  /** Each piece arrives before its turn, and the next and the last travel in it. */
  @Test
  void rowsOfAPieceTravelWhileAnotherIsMultiplied() {
    CompositeParts forward = parts(plan(64, ROWS.withWindows(Windows.ALWAYS))).getFirst();
    List<Part.Overlapped> turns =
        forward.parts().stream()
            .flatMap(
                part ->
                    part instanceof Part.Overlapped overlapped
                        ? Stream.of(overlapped)
                        : Stream.empty())
            .toList();
    int count = forward.pieces();
    assertEquals(count, turns.size());
    for (int turn = 0; turn < count; turn++) {
      assertEquals(new Piece(turn, count), turns.get(turn).run().piece());
      for (Part.Rows rows : turns.get(turn).rows()) {
        boolean isBack = rows.out().equals("y_back");
        assertEquals(isBack ? turn - 1 : turn + 1, rows.piece().index());
      }
    }
  }
}
