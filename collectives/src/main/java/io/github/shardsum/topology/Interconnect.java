package io.github.shardsum.topology;

/** How the chips of one line along an axis are joined. */
public enum Interconnect {
  /** Neighbours, without a link from the last to the first: an axis of a mesh. */
  LINE,

  /** Neighbours, and the last with the first: an axis of a torus. */
  RING,

  /** Each chip with a switch that never blocks, by a link up and a link down. */
  SWITCH,

  /** All chips share one link, which carries one message at a time and is read by all: a memory. */
  BUS;

  /** As in {@code ring}. */
  @Override
  public String toString() {
    return switch (this) {
      case LINE -> "line";
      case RING -> "ring";
      case SWITCH -> "switch";
      case BUS -> "bus";
    };
  }

  /**
   * Directed connections of a line of chips.
   *
   * @param n the number of chips, at least 1
   * @return the number of connections
   */
  public int connections(int n) {
    if (n == 1) {
      return 0;
    }
    return switch (this) {
      case LINE -> 2 * (n - 1);
      case RING, SWITCH -> 2 * n;
      case BUS -> 1;
    };
  }

  /**
   * Hops between two chips on a line.
   *
   * @param n the number of chips
   * @param from the coordinate of one
   * @param to the coordinate of the other
   * @return the number of hops
   */
  public int hops(int n, int from, int to) {
    int apart = Math.abs(to - from);
    return switch (this) {
      case LINE -> apart;
      case RING -> Math.min(apart, n - apart);
      case SWITCH, BUS -> apart == 0 ? 0 : 1;
    };
  }
}
