package io.github.shardsum.internal.partition;

/**
 * What a plan's choices weigh beside their cost.
 *
 * @param elementsPerByte what a byte counts that the largest device holds of what a statement reads
 *     and makes, in elements received
 * @param hoists whether what does not change from round to round of a loop is brought before it,
 *     and so held all through it
 */
record Policy(double elementsPerByte, boolean hoists) {
  /** Cost alone. */
  static final Policy CHEAPEST = new Policy(0, true);
}
