package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.CompositeParts.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Parts whose rows travel in pieces: while one piece is computed, the next one arrives and the
 * previous one travels back. The given parts must do the following: rows are sent, a local
 * composite reads the received rows, and its results are sent back; if the results are addends,
 * they are summed first.
 */
final class RowPieces {
  /** A transfer back, and the sum before it if there is one. */
  private record Back(Optional<Part.Reduce> sum, Part.Rows rows) {}

  private final CompositeParts given;
  private final int count;
  private final List<Part> before = new ArrayList<>();
  private final List<Part.Rows> out = new ArrayList<>();
  private final List<Back> back = new ArrayList<>();
  private final List<Part> after = new ArrayList<>();
  private final List<Part> all = new ArrayList<>();

  private RowPieces(CompositeParts given, int count) {
    this.given = given;
    this.count = count;
  }

  /**
   * The parts in pieces.
   *
   * @param given the parts, each of all rows
   * @param count the number of pieces, at least 2
   * @return the parts with the same number of transfers for each piece; empty if the given parts
   *     are not as described above
   */
  static Optional<CompositeParts> of(CompositeParts given, int count) {
    return new RowPieces(given, count).pieces();
  }

  private Optional<CompositeParts> pieces() {
    List<Part> parts = given.parts();
    int at = 0;
    while (at < parts.size() && !(parts.get(at) instanceof Part.Rows)) {
      before.add(parts.get(at++));
    }
    while (at < parts.size() && parts.get(at) instanceof Part.Rows rows) {
      out.add(rows);
      at++;
    }
    if (at == parts.size() || !(parts.get(at++) instanceof Part.Run run) || !readBack(at)) {
      return Optional.empty();
    }
    all.addAll(before);
    for (int piece = 0; piece < count; piece++) {
      computed(run, piece);
    }
    back.forEach(each -> all.add(of(each.rows(), count - 1)));
    all.addAll(after);
    return Optional.of(new CompositeParts(given.buffers(), all));
  }

  /** Reads the transfers back; true if nothing travels after them. */
  private boolean readBack(int from) {
    List<Part> parts = given.parts();
    int at = from;
    while (at < parts.size() && !(parts.get(at) instanceof Part.Run)) {
      Optional<Part.Reduce> sum =
          parts.get(at) instanceof Part.Reduce reduce ? Optional.of(reduce) : Optional.empty();
      at += sum.isPresent() ? 1 : 0;
      if (at == parts.size() || !(parts.get(at++) instanceof Part.Rows rows)) {
        return false;
      }
      back.add(new Back(sum, rows));
    }
    after.addAll(parts.subList(at, parts.size()));
    return !back.isEmpty() && after.stream().allMatch(Part.Run.class::isInstance);
  }

  /** One piece, with the transfers that go on while it is computed. */
  private void computed(Part.Run run, int piece) {
    if (piece == 0) {
      out.forEach(rows -> all.add(of(rows, 0)));
    }
    List<Part.Rows> travelling = new ArrayList<>();
    if (piece + 1 < count) {
      out.forEach(rows -> travelling.add(of(rows, piece + 1)));
    }
    if (piece > 0) {
      back.forEach(each -> travelling.add(of(each.rows(), piece - 1)));
    }
    List<Part.Rows> meanwhile = largest(travelling);
    travelling.removeAll(meanwhile);
    all.addAll(travelling);
    Piece own = new Piece(piece, count);
    Part.Run part = new Part.Run(run.composite(), run.attributes(), run.reads(), run.writes(), own);
    all.add(new Part.Overlapped(meanwhile, part));
    for (Back each : back) {
      each.sum()
          .ifPresent(
              sum ->
                  all.add(
                      new Part.Reduce(
                          sum.axes(), sum.counts(), sum.scatter(), sum.x(), sum.out(), own)));
    }
  }

  /**
   * The transfers that may be in flight together; rows of several numbers are chosen before rows of
   * a single number.
   */
  private List<Part.Rows> largest(List<Part.Rows> some) {
    List<Part.Rows> chosen = new ArrayList<>();
    for (boolean wide : new boolean[] {true, false}) {
      for (Part.Rows rows : some) {
        if (isWide(rows.x()) == wide && chosen.size() < CollectivePlan.MOST_IN_FLIGHT) {
          chosen.add(rows);
        }
      }
    }
    return chosen;
  }

  private boolean isWide(Place.InBuffer rows) {
    return given.buffers().stream()
        .anyMatch(buffer -> buffer.name().equals(rows.buffer()) && buffer.extents().size() > 1);
  }

  private Part.Rows of(Part.Rows rows, int piece) {
    return new Part.Rows(
        rows.axes(), rows.sends(), rows.receives(), rows.x(), rows.out(), new Piece(piece, count));
  }
}
