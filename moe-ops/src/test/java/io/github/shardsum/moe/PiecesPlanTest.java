package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When rows travel in pieces, in which order, and that they are the same rows. */
class PiecesPlanTest {
  private static final PlanOptions ROWS = PlanOptions.defaults().withPartitions(Partitions.ALWAYS);
  private static final PlanOptions TIMED = ROWS.withTopology(Topologies.tpuV3(4));
  private static final PlanOptions CUT = TIMED.withWindows(Windows.ALWAYS);
  private static final ProgramPlan PLANNED = plan(64, CUT);
  private static final String FILE = PLANNED.plan().toJson(CUT);

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
        boolean isBack = rows.out().buffer().equals("y_back");
        assertEquals(isBack ? turn - 1 : turn + 1, rows.piece().index());
      }
    }
  }

  private static String changed(String json, String from, String to) {
    int at = json.indexOf(from, json.indexOf("\"plan\":"));
    assertTrue(at > 0, from);
    return json.substring(0, at) + to + json.substring(at + from.length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '\'',
      value = {
        "local 2 G S K # local # expected an extent as",
        "local 2 G S K # local x G # expected an extent as",
        "bounded 2 G S K by 2.0 over x # bounded by 2.0 over x # expected an extent as",
        "bounded 2 G S K by 2.0 over x # bounded 2 G S K over x # expected an extent as",
        "bounded 2 G S K by 2.0 over x # bounded 2 G S K by 2.0 2.0 over x # expected an extent as",
        "bounded 2 G S K by 2.0 over x # bounded 2 G S K by two over x # two",
        "bounded 2 G S K by 2.0 over x # bounded 2 G S K by 0.5 over x # 0.5",
        "members over x # member over x # expected an extent as",
        "fixed 256 # fixed # expected an extent as",
        "fixed 256 # fixed -1 # expected an extent as",
        "fixed 256 # chunk # expected an extent as",
        "\"piece\":[0,4] # \"piece\":[0] # expected [index, count], got [0]",
        "\"piece\":[0,4] # \"piece\":[4,4] # piece",
        "\"piece\":[0,4] # \"piece\":{} # expected an array, got an object",
        "{\"part\":\"agree\" # {\"part\":\"vote\" # expected a part, got \"vote\"",
        "\"part\":\"agree\" # \"part\":\"agree\",\"x\":\"y\" # expected members of",
        "\"run\":{\"part\":\"run\" # \"run\":{\"part\":\"rows\" # expected",
        "\"rows\":[{\"part\":\"rows\" # \"rows\":[{\"part\":\"swap\" # expected",
        "\"axes\":[\"x\"],\"counts\" # \"axes\":[1],\"counts\" # expected a string, got 1",
        "\"operand.0\" # \"operand.x\" # must be as \"operand.0\"",
        "\"counts\":\"counts_in\" # \"counts\":null # expected a string, got null",
        "\"attributes\":{ # \"attributes\":[],\"x\":{ # expected an object, got an array",
      })
  void aFileOfOtherPartsIsRefusedWithItsPlace(String from, String to, String why) {
    String mutant = changed(FILE, from, to);
    String said =
        assertThrows(IllegalArgumentException.class, () -> SpmdPlan.parse(mutant)).getMessage();
    assertTrue(said.startsWith("plan.steps[0]") && said.contains(why), said);
  }

  /** Plans that are read, and of which the checker says what is wrong. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '\'',
      value = {
        "local 3 E # local 2 E",
        "local 3 E # local 4 M",
        "local 3 E # local 9 E",
        "members over x # fixed 4",
        "local 2 G S K # local 9 G S K",
        "local 2 G S K # local 3 G S K",
        "local 2 G S K # local 2 S K",
        "bounded 2 G S K by 2.0 over x # bounded 2 G S K by 2.0 over y",
        "bounded 2 G S K by 2.0 over x # local 2 G S K",
        "fixed 256 # fixed 128",
        "\"dtype\":\"i32\",\"labels\" # \"dtype\":\"i64\",\"labels\"",
        "\"name\":\"rows\" # \"name\":\"scale\"",
        "\"name\":\"rows_in\" # \"name\":\"rows.in\"",
        "\"sends\":\"counts\",\"receives\":\"counts_in\" #"
            + " \"sends\":\"counts_in\",\"receives\":\"counts\"",
        "\"sends\":\"counts\" # \"sends\":\"rows\"",
        "\"x\":\"rows\",\"out\":\"rows_in\" # \"x\":\"rows_in\",\"out\":\"rows\"",
        "\"x\":\"scale\",\"out\":\"scale_in\" # \"x\":\"rows\",\"out\":\"scale_in\"",
        "\"piece\":[0,4] # \"piece\":[1,4]",
        "\"piece\":[0,4] # \"piece\":[0,3]",
        "\"reads\":[\"operand.0\",\"operand.1\",\"operand.2\"] #"
            + " \"reads\":[\"operand.1\",\"operand.0\",\"operand.2\"]",
        "\"operand.2\"],\"writes\" # \"operand.9\"],\"writes\"",
        "\"operand.2\"],\"writes\" # \"operand.2\",\"member.x\"],\"writes\"",
        "\"counts_in\",\"operand.3\" # \"counts_in\",\"counts_in\",\"operand.3\"",
        "\"counts_in\",\"operand.3\",\"operand.4\" # \"counts_in\",\"operand.4\",\"operand.3\"",
        "{\"part\":\"agree\",\"axes\":[\"x\"],\"counts\":\"counts_in\"}, #",
        "\"part\":\"agree\",\"axes\":[\"x\"],\"counts\":\"counts_in\" #"
            + " \"part\":\"agree\",\"axes\":[\"x\"],\"counts\":\"counts\"",
        "\"part\":\"swap\",\"axes\":[\"x\"] # \"part\":\"swap\",\"axes\":[]",
        "\"capacity\":\"128\",\"chunk\":\"64\" # \"capacity\":\"64\",\"chunk\":\"64\"",
        "\"writes\":[\"y\"] # \"writes\":[\"result.0\"]",
        "\"out\":\"y_back\" # \"out\":\"y\"",
      })
  void otherPartsAreNotCertified(String from, String to) {
    String mutant = changed(FILE, from, to == null ? "" : to);
    RuntimeException refused =
        assertThrows(
            RuntimeException.class,
            () -> SpmdPlan.parse(mutant).certify(PLANNED.given(), PLANNED.layouts()));
    assertTrue(
        refused instanceof IllegalStateException || refused instanceof IllegalArgumentException,
        refused::toString);
  }

  /** With a topology a plan's text has times, and its page says so. */
  @Test
  void aTimedPlanSaysItsTimes() {
    PlanOptions options = TIMED.withWindows(Windows.ALWAYS).withOverlap(true);
    SpmdPlan plan = plan(64, options).plan();
    String table = plan.explain(options);
    assertTrue(table.contains(" time "), table);
    assertFalse(table.contains(" price "), table);
    assertTrue(table.contains("held at most") && table.contains(", in 2"), table);
    assertTrue(plan.explain().contains("priced as"), plan::explain);
    String json = plan.toJson(options);
    assertTrue(json.contains("\"seconds\":"), json);
    assertFalse(json.contains("\"price\":"), json);
    assertTrue(plan.toJson(ROWS).contains("\"price\":"));
    assertEquals(plan, SpmdPlan.parse(json));
    String page = plan.toHtml("Title & more", options, List.of("note <1>"));
    assertTrue(page.contains("Time and memory") && page.contains("<title>Title &amp; more"), page);
    assertTrue(page.contains("note &lt;1&gt;"), page);
    assertTrue(plan.toHtml("t", ROWS, List.of()).contains("Price and memory"));
  }
}
