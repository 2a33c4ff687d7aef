package io.github.shardsum.internal.local.run;

/** The memory of a value. */
public sealed interface Storage {
  /** A buffer of the workspace, in C order. */
  record Buffer(int index) implements Storage {}

  /** An input of the run. */
  record Input(int index) implements Storage {}

  /** An output of the run. */
  record Output(int index) implements Storage {}
}
