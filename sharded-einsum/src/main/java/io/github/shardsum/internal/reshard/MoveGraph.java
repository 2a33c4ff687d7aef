package io.github.shardsum.internal.reshard;

import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The layouts of a value and the moves between them with their prices, shared by all searches. The
 * graph grows as searches explore it.
 */
final class MoveGraph {
  private final Prices prices;
  private final DType dtype;
  private final ReshardUnits units;
  private final Moves moves;
  private final Map<ReshardState, Vertex> vertices = new HashMap<>();

  MoveGraph(Prices prices, DType dtype, ReshardUnits units, Moves moves) {
    this.prices = prices;
    this.dtype = dtype;
    this.units = units;
    this.moves = moves;
  }

  /** A layout, and the moves from it and to it. */
  static final class Vertex {
    final ReshardState state;
    final int number;
    final long elements;
    private List<Edge> from = List.of();
    private List<Edge> into = List.of();
    private boolean hasFrom;
    private boolean hasInto;

    Vertex(ReshardState state, int number, long elements) {
      this.state = state;
      this.number = number;
      this.elements = elements;
    }
  }

  /** A move between two layouts. */
  final class Edge {
    final Vertex from;
    final Vertex to;
    final Move move;
    private double amount;

    Edge(Vertex from, Vertex to, Move move) {
      this.from = from;
      this.to = to;
      this.move = move;
      this.amount = move.collective() ? -1 : 0;
    }

    int collectives() {
      return move.collective() ? 1 : 0;
    }

    /** The price, computed once. */
    double amount() {
      if (amount < 0) {
        amount =
            prices
                .collective(
                    move.action(),
                    move.received().getAsLong(),
                    from.elements,
                    dtype.byteSize(),
                    () -> units.layout(move.from()),
                    () -> units.layout(move.to()))
                .amount();
      }
      return amount;
    }
  }

  ReshardUnits units() {
    return units;
  }

  /** Number of layouts that are known. */
  int size() {
    return vertices.size();
  }

  Vertex vertex(ReshardState state) {
    Vertex known = vertices.get(state);
    if (known == null) {
      known = new Vertex(state, vertices.size(), moves.elements(state));
      vertices.put(state, known);
    }
    return known;
  }

  /** The moves from a layout, in a fixed order. */
  List<Edge> from(Vertex vertex) {
    if (!vertex.hasFrom) {
      List<Edge> edges = new ArrayList<>();
      moves.from(vertex.state, move -> edges.add(new Edge(vertex, vertex(move.to()), move)));
      vertex.from = edges;
      vertex.hasFrom = true;
    }
    return vertex.from;
  }

  /**
   * The moves that end in a layout, in a fixed order; before such a move the value may be a partial
   * sum over any axis.
   */
  List<Edge> into(Vertex vertex) {
    if (!vertex.hasInto) {
      List<Edge> edges = new ArrayList<>();
      moves.into(vertex.state, -1, move -> edges.add(new Edge(vertex(move.from()), vertex, move)));
      vertex.into = edges;
      vertex.hasInto = true;
    }
    return vertex.into;
  }
}
