package io.github.shardsum.topology;

/**
 * One axis of a topology; an immutable value.
 *
 * @param size number of chips along the axis, at least 1
 * @param interconnect the way in which the chips of a line are joined
 * @param links parallel links of each connection in one direction, at least 1
 */
public record TopologyAxis(int size, Interconnect interconnect, int links) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number is below 1
   */
  public TopologyAxis {
    if (size < 1 || links < 1) {
      throw new IllegalArgumentException(
          "topology axis: chips and links must be at least 1, got "
              + size
              + " chips and "
              + links
              + " links");
    }
  }

  /**
   * An axis of single links.
   *
   * @param size number of chips along the axis
   * @param interconnect the way in which the chips are joined
   */
  public TopologyAxis(int size, Interconnect interconnect) {
    this(size, interconnect, 1);
  }

  /** As in {@code ring of 32}. */
  @Override
  public String toString() {
    return interconnect + " of " + size + (links == 1 ? "" : " by " + links + " links");
  }
}
