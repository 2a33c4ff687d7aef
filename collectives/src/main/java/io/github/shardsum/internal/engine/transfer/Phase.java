package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.exec.Workers;

/**
 * Independent tasks that all end before the next phase begins.
 *
 * @param name what it does, for messages
 * @param tasks how many, at least 0
 * @param task one of them
 */
public record Phase(String name, int tasks, Workers.Task task) {
  /** A phase of one task. */
  public static Phase single(String name, Runnable work) {
    return new Phase(name, 1, (_, _) -> work.run());
  }
}
