package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Requests are checked before any device takes part. */
final class RequestsTest {
  private static final long[] NONE = {};

  private static void refuses(String says, Executable request) {
    String message = assertThrows(IllegalArgumentException.class, request, says).getMessage();
    assertTrue(message.contains(says), message);
  }

  private static long[] of(long... numbers) {
    return numbers;
  }

  @Test
  void rowsOneAfterAnotherBeginWhereTheLastOnesEnd() {
    RaggedCounts counts = RaggedCounts.of(of(2, 0, 3), of(1, 4, 0));
    assertEquals(3, counts.members());
    assertEquals(5, counts.rowsNeeded());
    assertEquals(5, counts.rowsReceived());
    assertEquals(0, counts.sendOffset(0));
    assertEquals(2, counts.sendOffset(1));
    assertEquals(2, counts.sendOffset(2));
    assertEquals(1, counts.receiveOffset(1));
    assertEquals("send [2, 0, 3] receive [1, 4, 0]", counts.toString());
    assertEquals(0, RaggedCounts.of(NONE, NONE).rowsNeeded());
  }

  @Test
  void countsAndOffsetsAreInRange() {
    refuses("at least 0 and their sum below 2^63", () -> RaggedCounts.of(of(1, -1), of(1, 1)));
    refuses("below 2^63", () -> RaggedCounts.of(of(1, 1), of(Long.MAX_VALUE, 1)));
    assertEquals(Long.MAX_VALUE, RaggedCounts.of(of(0), of(Long.MAX_VALUE)).rowsReceived());
    String every = "every list must have one number for each member";
    refuses(every, () -> RaggedCounts.of(of(1), of(1, 1)));
    refuses(every, () -> RaggedCounts.of(of(1), of(0, 1), of(1), of(0)));
    refuses(every, () -> RaggedCounts.of(of(1), of(0), of(1), of(0, 1)));
    String range = "at least 0 and end below 2^63";
    refuses(range, () -> RaggedCounts.of(of(-1), of(0), of(1), of(0)));
    refuses(range, () -> RaggedCounts.of(of(1), of(-1), of(1), of(0)));
    refuses(range, () -> RaggedCounts.of(of(1), of(0), of(-1), of(0)));
    refuses(range, () -> RaggedCounts.of(of(1), of(0), of(1), of(Long.MAX_VALUE)));
  }

  /** Rows may be sent to several members, but a row of the result comes from one. */
  @Test
  void rangesOfRowsReceivedDoNotOverlap() {
    refuses(
        "from members 1 and 0 must not overlap",
        () -> RaggedCounts.of(of(1, 1), of(0, 0), of(2, 3), of(4, 2)));
    RaggedCounts apart = RaggedCounts.of(of(2, 2), of(0, 1), of(2, 2), of(4, 2));
    assertEquals(3, apart.rowsNeeded());
    assertEquals(6, apart.rowsReceived());
    assertEquals("send [2, 2] at [0, 1] receive [2, 2] at [4, 2]", apart.toString());
    RaggedCounts empty = RaggedCounts.of(of(0, 0), of(9, 9), of(0, 3), of(1, 0));
    assertEquals(0, empty.rowsNeeded());
    assertEquals(3, empty.rowsReceived());
  }

  @Test
  void countsAreEqualIfAllFourListsAre() {
    List<long[]> lists = List.of(of(1, 2), of(0, 1), of(3, 4), of(4, 0));
    RaggedCounts counts = counts(lists);
    assertEquals(counts, counts(lists));
    assertEquals(counts.hashCode(), counts(lists).hashCode());
    for (int list = 0; list < 4; list++) {
      List<long[]> other = new ArrayList<>(lists);
      long[] longer = lists.get(list).clone();
      longer[0] += list == 3 ? 4 : 1;
      other.set(list, longer);
      assertNotEquals(counts, counts(other), "list " + list);
    }
    Object text = counts.toString();
    assertNotEquals(text, counts);
    for (int member : new int[] {-1, 2}) {
      assertThrows(IndexOutOfBoundsException.class, () -> counts.send(member));
      assertThrows(IndexOutOfBoundsException.class, () -> counts.receiveOffset(member));
    }
  }

  private static RaggedCounts counts(List<long[]> lists) {
    return RaggedCounts.of(lists.get(0), lists.get(1), lists.get(2), lists.get(3));
  }

  @Test
  void aDeadlineIsAboveZeroAndAtMostAYear() {
    CollectiveOptions options = CollectiveOptions.defaults();
    for (Duration bad : List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofDays(367))) {
      refuses("above 0 and at most a year, got " + bad, () -> options.withDeadline(bad));
    }
    assertEquals(Duration.ofDays(366), options.withDeadline(Duration.ofDays(366)).deadline());
    assertTrue(options.checked() && !options.withCheck(false).checked());
  }

  @Test
  void axesAreNamedOnceAndNumbersAreInRange() {
    refuses(
        "each axis must be named once, got [x, x]", () -> new Collective.Broadcast(0, "x", "x"));
    refuses("root must be at least 0, got -1", () -> new Collective.Broadcast(-1, "x"));
    refuses("a dimension must be at least 0, got -2", () -> new Collective.AllToAll(0, -2, "x"));
    refuses(
        "the total must be at least 0, got -1",
        () -> new Collective.AllToAll(List.of("x"), 0, 1, OptionalLong.of(-1)));
    refuses("leave it out", () -> new Collective.AllToAll(List.of("x"), 1, 1, OptionalLong.of(4)));
    assertEquals(1, new Collective.AllToAll(List.of("x"), 1, 1, OptionalLong.empty()).concat());
  }

  @Test
  void aPermuteNamesSourcesAndTargetsOnce() {
    List<Collective.Route> broadcast =
        List.of(new Collective.Route(0, 1), new Collective.Route(0, 2));
    refuses(
        "each source must be named once, got 0 twice in [0->1, 0->2]; a broadcast",
        () -> new Collective.Permute(List.of("x"), broadcast));
    List<Collective.Route> gather = List.of(new Collective.Route(1, 0), new Collective.Route(2, 0));
    String twice = "each target must be named once, got 0 twice in [1->0, 2->0]";
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> new Collective.Permute(List.of("x"), gather))
            .getMessage();
    assertTrue(message.endsWith(twice), message);
    refuses("members must be at least 0, got -1->0", () -> new Collective.Route(-1, 0));
    refuses("members must be at least 0, got 0->-1", () -> new Collective.Route(0, -1));
    refuses("must be at least 1, got 0", () -> Collective.Permute.shift(1, 0, "x"));
    Collective.Permute one =
        new Collective.Permute(List.of("x"), List.of(new Collective.Route(2, 0)));
    assertArrayEquals(new int[] {2, -1, -1}, one.sources(3));
    assertThrows(IndexOutOfBoundsException.class, () -> one.sources(2));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> new Collective.Permute(List.of("x"), List.of(new Collective.Route(0, 2))).sources(2));
    refuses("must be at least 1, got 0", () -> one.sources(0));
  }

  @Test
  void everyIndexOfAnExchangeIsHeld() {
    String cuts = "both cuts must be of one size and of the same parts";
    refuses(cuts, () -> new Collective.Exchange(0, Cut.chunks(8, 2), Cut.chunks(9, 2), "x"));
    refuses(cuts, () -> new Collective.Exchange(0, Cut.chunks(8, 2), Cut.chunks(8, 4), "x"));
    refuses(
        "got index 0 for member 0",
        () -> new Collective.Exchange(0, Cut.chunks(8, 2).shift(-1), Cut.chunks(8, 2), "x"));
    refuses(
        "got index 7 for member 1",
        () -> new Collective.Exchange(0, Cut.chunks(8, 2).shift(1), Cut.chunks(8, 2), "x"));
  }

  @Test
  void anUnknownEngineIsAnErrorThatNamesThem() {
    String before = System.getProperty("shardsum.engine");
    try {
      System.setProperty("shardsum.engine", "carrier pigeon");
      refuses(
          "must be one of \"local\", \"mpi\", got \"carrier pigeon\"",
          () -> Collectives.open(Mesh.of("x", 2)).close());
    } finally {
      if (before == null) {
        System.clearProperty("shardsum.engine");
      } else {
        System.setProperty("shardsum.engine", before);
      }
    }
  }
}
