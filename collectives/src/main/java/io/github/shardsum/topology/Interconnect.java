package io.github.shardsum.topology;

/** The ways to join the chips of one line along an axis. */
public enum Interconnect {
  /** Links between neighbours only, as on an axis of a mesh. */
  LINE,

  /** Links between neighbours and from the last chip to the first, as on an axis of a torus. */
  RING,

  /** A link up and a link down between each chip and a switch that never blocks. */
  SWITCH,

  /**
   * One link that all chips share, as a memory: it carries one message at a time, and all chips can
   * read the message.
   */
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
   * The number of hops between two chips of a line.
   *
   * @param n the number of chips
   * @param from the coordinate of one chip
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
