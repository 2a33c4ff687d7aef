package io.github.shardsum.internal.topology;

import io.github.shardsum.topology.Interconnect;
import java.util.Arrays;

/**
 * Loads of the links of one line of chips, in bytes.
 *
 * <p>In a line or a ring, forward link i leads from chip i to chip i + 1, and backward link i the
 * other way. At a switch, they lead from chip i to the switch and from the switch to chip i. A bus
 * has only forward link 0. Loads are stored as differences between neighbours, so that long routes
 * are added as fast as short ones.
 */
public final class LineLoads {
  private final int size;
  private final Interconnect interconnect;
  private final double[] forward;
  private final double[] backward;

  public LineLoads(int size, Interconnect interconnect) {
    this.size = size;
    this.interconnect = interconnect;
    this.forward = new double[size + 1];
    this.backward = new double[size + 1];
  }

  /** Adds a message by the shorter way, or half of it each way if both are equal. */
  public void route(int from, int to, double bytes) {
    if (from == to) {
      return;
    }
    switch (interconnect) {
      case LINE -> {
        ahead(from, to - from, bytes);
        back(from, from - to, bytes);
      }
      case RING -> {
        int steps = Math.floorMod(to - from, size);
        if (2 * steps <= size) {
          ahead(from, steps, 2 * steps == size ? bytes / 2 : bytes);
        }
        if (2 * steps >= size) {
          back(from, size - steps, 2 * steps == size ? bytes / 2 : bytes);
        }
      }
      case SWITCH -> {
        add(forward, from, 1, bytes);
        add(backward, to, 1, bytes);
      }
      case BUS -> add(forward, 0, 1, bytes);
    }
  }

  /**
   * Adds a message with the same bytes for all members, which are ascending. In a line or a ring,
   * each member reads the bytes as they pass. A switch does not repeat bytes, so a separate message
   * goes to each member.
   */
  public void multicast(int from, int[] members, double bytes) {
    switch (interconnect) {
      case LINE -> {
        ahead(from, members[members.length - 1] - from, bytes);
        back(from, from - members[0], bytes);
      }
      case RING -> around(from, members, bytes);
      case SWITCH -> Arrays.stream(members).forEach(to -> route(from, to, bytes));
      case BUS -> add(forward, 0, 1, members.length > 1 ? bytes : 0);
    }
  }

  /**
   * The farthest member of each half of the ring determines the distance; an opposite member
   * receives half of the bytes from each side.
   */
  private void around(int from, int[] members, double bytes) {
    int reach = (size - 1) / 2;
    int far = Math.floorMod(last(members, from + reach) - from, size);
    int farBack = Math.floorMod(from - first(members, from - reach), size);
    ahead(from, far, bytes);
    back(from, farBack, bytes);
    boolean opposite = size % 2 == 0 && Arrays.binarySearch(members, (from + size / 2) % size) >= 0;
    if (opposite) {
      ahead((from + far) % size, size / 2 - far, bytes / 2);
      back(Math.floorMod(from - farBack, size), size / 2 - farBack, bytes / 2);
    }
  }

  /** The last member at or before a coordinate, around the ring. */
  private int last(int[] members, int coordinate) {
    int at = Arrays.binarySearch(members, coordinate % size);
    int index = at >= 0 ? at : -at - 2;
    return members[index >= 0 ? index : members.length - 1];
  }

  /** The first member at or after a coordinate, around the ring. */
  private int first(int[] members, int coordinate) {
    int at = Arrays.binarySearch(members, Math.floorMod(coordinate, size));
    int index = at >= 0 ? at : -at - 1;
    return members[index < members.length ? index : 0];
  }

  /**
   * Adds a message with the same bytes from the root to all members. Through a switch each member
   * passes the bytes on to the next.
   */
  public void spread(int root, int[] members, double bytes) {
    if (interconnect != Interconnect.SWITCH) {
      multicast(root, members, bytes);
      return;
    }
    int holder = root;
    for (int member : members) {
      if (member != root) {
        route(holder, member, bytes);
        holder = member;
      }
    }
  }

  private void ahead(int from, int steps, double bytes) {
    add(forward, from, steps, bytes);
  }

  private void back(int from, int steps, double bytes) {
    add(backward, Math.floorMod(from - steps, size), steps, bytes);
  }

  private void add(double[] links, int from, int count, double bytes) {
    if (count <= 0) {
      return;
    }
    links[from] += bytes;
    int end = from + count;
    if (end > size) {
      links[0] += bytes;
      end -= size;
    }
    links[end] -= bytes;
  }

  public void add(LineLoads other, double factor) {
    for (int i = 0; i <= size; i++) {
      forward[i] += other.forward[i] * factor;
      backward[i] += other.backward[i] * factor;
    }
  }

  /** The loads if every message travelled the other way, from its receiver to its sender. */
  public LineLoads reversed() {
    LineLoads reversed = new LineLoads(size, interconnect);
    boolean oneLink = interconnect == Interconnect.BUS;
    System.arraycopy(oneLink ? forward : backward, 0, reversed.forward, 0, size + 1);
    System.arraycopy(oneLink ? backward : forward, 0, reversed.backward, 0, size + 1);
    return reversed;
  }

  /** Loads of the forward links, then of the backward ones; 0 where there is no link. */
  public double[] loads() {
    double[] loads = new double[2 * size];
    sum(forward, loads, 0);
    sum(backward, loads, size);
    return loads;
  }

  private void sum(double[] differences, double[] loads, int at) {
    double load = 0;
    for (int i = 0; i < size; i++) {
      load += differences[i];
      loads[at + i] = load;
    }
  }
}
