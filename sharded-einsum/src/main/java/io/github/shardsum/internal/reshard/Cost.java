package io.github.shardsum.internal.reshard;

/**
 * What steps cost. The order is by the amount first and by the number of collectives then: a plan
 * receives no more elements than another for the sake of fewer collectives.
 *
 * @param amount elements received, with multiply-adds at the balance; or seconds on a network
 * @param collectives how many
 */
public record Cost(double amount, int collectives) implements Comparable<Cost> {
  /** Of local steps. */
  public static final Cost NOTHING = new Cost(0, 0);

  /**
   * The sum.
   *
   * @param other another cost
   * @return both together
   */
  public Cost plus(Cost other) {
    return new Cost(amount + other.amount, collectives + other.collectives);
  }

  @Override
  public int compareTo(Cost other) {
    int order = Double.compare(amount, other.amount);
    return order != 0 ? order : Integer.compare(collectives, other.collectives);
  }
}
