package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.PlanOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same of rows that travel in pieces, and parts of other pieces than they must be. */
class PiecesMutationTest extends RowsMutationTest {
  @Override
  PlanOptions options() {
    return ROWS.withWindows(PlanOptions.Windows.ALWAYS);
  }

  private List<Part> parts(int at) {
    Action.Partitioned own = (Action.Partitioned) planned.plan().steps().get(at).action();
    assertEquals(2, own.parts().pieces());
    return own.parts().parts();
  }

  private static List<Piece> others(Piece piece) {
    List<Piece> all = new ArrayList<>();
    all.add(Piece.WHOLE);
    all.add(new Piece(piece.isWhole() ? 0 : 1 - piece.index(), 2));
    all.add(new Piece(piece.index(), 3));
    all.removeIf(piece::equals);
    return all;
  }

  private static Part.Run of(Part.Run run, Piece piece) {
    return new Part.Run(run.composite(), run.attributes(), run.reads(), run.writes(), piece);
  }

  private static Part.Rows of(Part.Rows rows, Piece piece) {
    return new Part.Rows(rows.axes(), rows.sends(), rows.receives(), rows.x(), rows.out(), piece);
  }

  /** The part with each of its pieces changed. */
  private static List<Part> withOtherPieces(Part part) {
    List<Part> all = new ArrayList<>();
    switch (part) {
      case Part.Run run -> others(run.piece()).forEach(piece -> all.add(of(run, piece)));
      case Part.Rows rows -> others(rows.piece()).forEach(piece -> all.add(of(rows, piece)));
      case Part.Reduce reduce ->
          others(reduce.piece())
              .forEach(
                  piece ->
                      all.add(
                          new Part.Reduce(
                              reduce.axes(),
                              reduce.counts(),
                              reduce.scatter(),
                              reduce.x(),
                              reduce.out(),
                              piece)));
      case Part.Overlapped(List<Part.Rows> rows, Part.Run run) -> {
        withOtherPieces(run).forEach(each -> all.add(new Part.Overlapped(rows, (Part.Run) each)));
        for (int i = 0; i < rows.size(); i++) {
          for (Part each : withOtherPieces(rows.get(i))) {
            List<Part.Rows> changed = changed(new ArrayList<>(rows), i, (Part.Rows) each);
            all.add(new Part.Overlapped(changed, run));
          }
        }
      }
      case Part.Swap _, Part.Agree _ -> {}
    }
    return all;
  }

  @Test
  void everyPartIsOfItsPiece() {
    for (int at : places()) {
      List<Part> given = parts(at);
      for (int i = 0; i < given.size(); i++) {
        int place = i;
        for (Part other : withOtherPieces(given.get(i))) {
          refused(at, parts -> changed(parts, place, other), given.get(i) + " -> " + other);
        }
      }
    }
  }

  /** What a composite reads has arrived before it begins, and what travels was made before. */
  @Test
  void nothingTravelsThatTheCompositeReadsOrMakes() {
    for (int at : places()) {
      List<Part> given = parts(at);
      int found = 0;
      for (int i = 0; i < given.size(); i++) {
        if (given.get(i) instanceof Part.Overlapped overlapped) {
          int place = i;
          found++;
          refused(
              at,
              parts -> changed(parts, place, overlapped.run()),
              "without the rows that travel meanwhile");
          refused(
              at,
              parts -> {
                parts.remove(place);
                parts.addAll(place, overlapped.rows());
                return parts;
              },
              "without what is computed");
          for (int j = 0; j < given.size(); j++) {
            if (given.get(j) instanceof Part.Rows rows) {
              refusedTogether(at, place, rows, overlapped.run());
            }
          }
        }
      }
      assertEquals(2, found);
    }
  }

  /** A transfer of the same piece out of its place and beside the composite. */
  private void refusedTogether(int at, int place, Part.Rows rows, Part.Run run) {
    if (rows.piece().equals(run.piece())) {
      refused(
          at,
          parts -> {
            Part.Overlapped overlapped = (Part.Overlapped) parts.get(place);
            List<Part> all = new ArrayList<>(parts);
            all.addAll(place, overlapped.rows());
            all.set(all.indexOf(overlapped), new Part.Overlapped(List.of(rows), run));
            all.remove(rows);
            return all;
          },
          rows + " beside " + run);
    }
  }

  @Test
  void theTableSaysInHowManyPieces() {
    assertTrue(planned.explain().contains("in 2 pieces"), planned::explain);
  }
}
