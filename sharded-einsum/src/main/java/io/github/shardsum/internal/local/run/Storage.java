package io.github.shardsum.internal.local.run;

/** Where the memory of a value is. */
public sealed interface Storage {
  /** A buffer of the workspace, in C order. */
  record Buffer(int index) implements Storage {}

  /** An input of the run. */
  record Input(int index) implements Storage {}

  /** An output of the run. */
  record Output(int index) implements Storage {}
}
