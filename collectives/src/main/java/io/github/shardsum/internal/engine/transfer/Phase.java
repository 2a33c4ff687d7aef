package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.exec.Workers;
import java.util.List;

/** A part of a collective that ends before the next phase begins. */
public sealed interface Phase {
  /** The name of the phase in messages. */
  String name();

  /**
   * Independent tasks.
   *
   * @param name their purpose, for messages
   * @param tasks number of tasks, at least 0
   */
  record Tasks(String name, int tasks, Workers.Task task) implements Phase {
    /** A phase of one task. */
    public static Tasks single(String name, Runnable work) {
      return new Tasks(name, 1, (_, _) -> work.run());
    }
  }

  /**
   * Blocks that travel between processes.
   *
   * @param name its purpose, for messages and for the comparison between processes
   * @param peers the processes that take part, ascending, this one among them
   * @param send blocks to each of them, placed
   * @param receive blocks from each of them, placed
   * @param copying tasks within this process that can run during the exchange
   */
  record Exchange(
      String name,
      List<Integer> peers,
      ExchangeBlocks send,
      ExchangeBlocks receive,
      OverlappedTasks copying)
      implements Phase {
    /** A phase that returns when the blocks have arrived; until then idle workers copy. */
    Tasks blocking(TransferContext context, int workers) {
      return new Tasks(
          name,
          copying.count() == 0 ? 1 : workers,
          (task, _) -> {
            if (task == 0) {
              copying.open();
              context.exchange(name, peers, send, receive, copying::help);
            } else {
              copying.help();
            }
          });
    }
  }

  /** Phases as tasks that may wait for other processes, on a number of workers. */
  static List<Tasks> blocking(List<Phase> phases, TransferContext context, int workers) {
    return phases.stream()
        .map(
            phase ->
                switch (phase) {
                  case Tasks tasks -> tasks;
                  case Exchange exchange -> exchange.blocking(context, workers);
                })
        .toList();
  }
}
