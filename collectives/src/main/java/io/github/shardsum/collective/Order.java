package io.github.shardsum.collective;

/** The order in which a reduction combines its terms. */
public enum Order {
  /**
   * Along the fixed tree of {@link Reduction}: the same bits for every division of devices into
   * processes.
   */
  TREE,
  /**
   * Along one flat tree over the members in the order of the request, independent of their axes:
   * its left part is the largest power of two below their number. So members that hold the parts of
   * a sequence in that order combine them as one device combines the parts of the sequence. The
   * same bits for every division of devices into processes.
   */
  INDEX,
  /**
   * Any order that the engine finds fast: over MPI the library's own all-reduce, whose bits depend
   * on the library, the size and the number of processes. Within one process it is the tree.
   */
  ANY
}
