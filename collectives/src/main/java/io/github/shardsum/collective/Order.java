package io.github.shardsum.collective;

/** The order in which a reduction combines its terms. */
public enum Order {
  /**
   * Along the fixed tree of {@link Reduction}: the same bits for every division of devices into
   * processes.
   */
  TREE,
  /**
   * Along one flat tree over the members in the order of the request, independent of their axes.
   * The tree's left part is the largest power of two below the number of members. So members that
   * hold the parts of a sequence in that order combine them exactly as one device would. The bits
   * are the same for every division of devices into processes.
   */
  INDEX,
  /**
   * Any order that the engine finds fast. Over MPI this is the library's own all-reduce, whose bits
   * depend on the library, the size and the number of processes; within one process it is the tree.
   */
  ANY
}
