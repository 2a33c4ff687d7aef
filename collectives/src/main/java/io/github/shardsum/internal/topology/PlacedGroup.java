package io.github.shardsum.internal.topology;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The chips, hosts and coordinates of the members of a group.
 *
 * @param chips the chip of each member, in order
 * @param block whether the members fill the block spanned by the hosts and coordinates, with
 *     equally many on each chip; the axes can then be used one by one
 * @param hosts the hosts, ascending
 * @param coordinates for each axis the coordinates that occur, ascending
 */
public record PlacedGroup(int[] chips, boolean block, int[] hosts, List<int[]> coordinates) {
  public static PlacedGroup of(int[] chips, ChipGrid grid) {
    int[] hosts = distinct(chips, grid::host);
    List<int[]> coordinates =
        IntStream.range(0, grid.rank())
            .mapToObj(axis -> distinct(chips, chip -> grid.coordinate(chip, axis)))
            .toList();
    int[] sorted = chips.clone();
    Arrays.sort(sorted);
    long span = hosts.length;
    for (int[] along : coordinates) {
      span *= along.length;
    }
    return new PlacedGroup(chips, isEven(sorted, span), hosts, coordinates);
  }

  private static int[] distinct(int[] chips, java.util.function.IntUnaryOperator of) {
    BitSet seen = new BitSet();
    for (int chip : chips) {
      seen.set(of.applyAsInt(chip));
    }
    return seen.stream().toArray();
  }

  /** Whether sorted chips have {@code span} distinct values, each equally often. */
  private static boolean isEven(int[] sorted, long span) {
    if (sorted.length % span != 0) {
      return false;
    }
    int each = (int) (sorted.length / span);
    for (int i = 0; i < sorted.length; i++) {
      boolean first = i % each == 0;
      boolean same = i > 0 && sorted[i] == sorted[i - 1];
      if (first == same) {
        return false;
      }
    }
    return true;
  }

  public int members() {
    return chips.length;
  }

  /** Chips of one host that hold members, if the members fill a block. */
  public int chipsPerHost() {
    return coordinates.stream().mapToInt(along -> along.length).reduce(1, (a, b) -> a * b);
  }

  public int membersPerChip() {
    return members() / (hosts.length * chipsPerHost());
  }

  /** The axes along which there are several coordinates. */
  public int[] activeAxes() {
    return IntStream.range(0, coordinates.size())
        .filter(axis -> coordinates.get(axis).length > 1)
        .toArray();
  }

  /** One chip of each line along an axis that contains members, if the members fill a block. */
  public int[] lineChips(int axis, ChipGrid grid) {
    int[] chips = IntStream.of(hosts).map(host -> host * grid.chipsPerHost()).toArray();
    for (int other = 0; other < coordinates.size(); other++) {
      if (other != axis) {
        int stride = grid.stride(other);
        int[] along = coordinates.get(other);
        chips =
            IntStream.of(chips)
                .flatMap(chip -> IntStream.of(along).map(at -> chip + at * stride))
                .toArray();
      }
    }
    return chips;
  }
}
