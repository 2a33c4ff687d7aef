package io.github.shardsum.internal.local;

/** Where the memory of a value is. */
sealed interface Base {
  /** A buffer of the workspace, in C order. */
  record Buffer(int index) implements Base {}

  /** An input of the run. */
  record Input(int index) implements Base {}

  /** An output of the run. */
  record Output(int index) implements Base {}
}
