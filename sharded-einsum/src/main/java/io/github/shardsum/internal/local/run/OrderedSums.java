package io.github.shardsum.internal.local.run;

/**
 * Sums of a run of elements at several levels of a tree: level 0 is the sum of the whole, and each
 * higher one a right part that waits for its left part to end.
 */
sealed interface OrderedSums permits FloatOrderedSums, DoubleOrderedSums {
  /** The number of the leaf that each level added last. */
  long[] leaves();

  /** Begins a run of some elements; the sum of level 0 is then +0. */
  void begin(int elements);

  /** Sets a level to +0 plus a term, which begins at an element of the operand. */
  void set(int level, long at);

  /** Adds one more term to a level. */
  void add(int level, long at);

  /** Adds the next level's sum to a level's. */
  void merge(int level);

  /** Writes the sum of level 0 from an element of the result on. */
  void store(long at);
}
