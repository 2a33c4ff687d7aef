package io.github.shardsum.internal.topology;

/**
 * Adds the loads of one group's collective to the phases. Bytes are those of one member's operand.
 */
public sealed interface GroupSchedule permits BlockSchedule, ScatteredSchedule {
  /** Every member sends an equal share of its operand to every other. */
  void allToAll(PlacedGroup group, double bytes);

  /** Every member gets every member's operand. */
  void gather(PlacedGroup group, double bytes);

  /** Every member gets its share of the sum. */
  void reduceScatter(PlacedGroup group, double bytes);

  /** Every member gets the sum. */
  void allReduce(PlacedGroup group, double bytes);

  /** Every member gets the root's operand. */
  void broadcast(PlacedGroup group, int root, double bytes);

  /** Every member waits until all have entered. */
  void barrier(PlacedGroup group);
}
