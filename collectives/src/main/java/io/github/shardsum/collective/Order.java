package io.github.shardsum.collective;

/** In which order a reduction combines its terms. */
public enum Order {
  /**
   * Along the fixed tree of {@link Reduction}: the same bits for every division of devices into
   * processes.
   */
  TREE,
  /**
   * Any order that the engine finds fast: over MPI the library's own all-reduce, whose bits depend
   * on the library, the size and the number of processes. Within one process it is the tree.
   */
  ANY
}
