package io.github.shardsum.internal.local.run;

/** The memory of a value. */
public sealed interface LocalStorage {
  /** A buffer of the workspace, in C order. */
  record Buffer(int index) implements LocalStorage {}

  /** An input of the run. */
  record Input(int index) implements LocalStorage {}

  /** An output of the run. */
  record Output(int index) implements LocalStorage {}
}
