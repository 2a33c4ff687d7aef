package io.github.shardsum.internal.reshard;

/**
 * Cost of steps. Costs are compared by their amount first, then by their number of collectives. A
 * plan therefore never receives more elements to save a collective.
 *
 * @param amount elements received, plus multiply-adds converted to elements; or seconds on a
 *     network
 * @param collectives number of collectives, at most 2^31 - 1
 */
public record Cost(double amount, int collectives) implements Comparable<Cost> {
  /** The cost of local steps. */
  public static final Cost NOTHING = new Cost(0, 0);

  /** A cost above all others. */
  public static final Cost MOST = new Cost(Double.POSITIVE_INFINITY, Integer.MAX_VALUE);

  /**
   * The sum.
   *
   * @param other another cost
   * @return the sum of both costs
   */
  public Cost plus(Cost other) {
    return new Cost(amount + other.amount, capped((long) collectives + other.collectives));
  }

  /**
   * The cost of a loop with a number of rounds.
   *
   * @param rounds the number of rounds, at least 0
   * @return this cost times the number of rounds
   */
  public Cost times(long rounds) {
    long most = collectives == 0 ? 0 : Integer.MAX_VALUE / collectives + 1L;
    return new Cost(amount * rounds, capped(collectives * Math.min(rounds, most)));
  }

  private static int capped(long collectives) {
    return (int) Math.min(Integer.MAX_VALUE, collectives);
  }

  @Override
  public int compareTo(Cost other) {
    int order = Double.compare(amount, other.amount);
    return order != 0 ? order : Integer.compare(collectives, other.collectives);
  }
}
