package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.collective.TransportException;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;

/**
 * Moves bytes between processes: all that an engine supplies. Packing, the order of sums, the check
 * of participants and every rule about numbers are above it and shared.
 *
 * <p><b>Threads.</b> One thread calls at a time, but not always the same one, and it may be
 * virtual. A transport whose library needs its own thread hands the call over.
 *
 * <p><b>Order.</b> Every process opens its transports in the same order, and on each of them makes
 * the same calls in the same order with the others that take part.
 *
 * <p><b>Failure.</b> After a call that throws, the transport can only be ended, by {@link #abort}
 * and {@link #close}.
 */
public interface Transport extends AutoCloseable {
  /** Number of processes, at least 1. */
  int processes();

  /** This process, in [0, processes). */
  int process();

  /** How many processes share the processors of this process, itself included. */
  int processesHere();

  /**
   * All-to-all of byte ranges among some of the processes; returns when the bytes have arrived.
   *
   * @param exchange the peers, and the bytes for each
   * @param deadline how long to wait for the others
   * @throws CollectiveTimeoutException if they did not arrive
   * @throws DeviceFailedException if one of them has ended
   * @throws TransportException if the library reports another error
   */
  void exchange(ByteExchange exchange, Duration deadline);

  /**
   * Begins an exchange and returns; its bytes travel while the program computes, as far as {@link
   * #progress} is called or the library has a thread for it. A transport has one in flight, and
   * nothing else meanwhile.
   *
   * @param exchange the peers, and the bytes for each; what is sent may not change, and what is
   *     received not be read, until the exchange has ended; it has no tasks to run meanwhile
   * @return the exchange in flight
   * @throws TransportException if the library reports an error at once
   */
  InFlight begin(ByteExchange exchange);

  /** An exchange that was begun. */
  interface InFlight {
    /** Whether it has ended, by success or failure. */
    boolean isDone();

    /**
     * Returns when the bytes have arrived.
     *
     * @param deadline how long to wait from now on: a process that computed before is not late
     * @throws CollectiveTimeoutException if the others did not arrive
     * @throws DeviceFailedException if one of them has ended
     * @throws TransportException if the library reports another error
     */
    void await(Duration deadline);
  }

  /**
   * Advances the exchanges in flight for a moment, without waiting. Any thread may call it at any
   * time; it does nothing on a virtual one, or if another thread does the same.
   */
  void progress();

  /**
   * Another transport between the same processes, for collectives that run at the same time. Waits
   * for all of them to open it.
   *
   * @param deadline how long to wait for them
   * @return the transport, to be closed by the caller
   */
  Transport openLane(Duration deadline);

  /**
   * The library's own all-reduce, in place and in an unspecified order. It is called only if {@link
   * #reduces} returns true.
   *
   * @param peers the processes that take part, ascending, this one among them
   * @param values count elements of the dtype in native memory, aligned to 64 bytes
   * @param dtype the element type: f32, f64, i32 or i64
   * @param reduction SUM, PROD, MIN or MAX
   * @param deadline how long to wait for the others
   */
  void allReduce(
      List<Integer> peers,
      MemorySegment values,
      DType dtype,
      Reduction reduction,
      Duration deadline);

  /** Whether {@link #allReduce} can do this reduction. */
  boolean reduces(DType dtype, Reduction reduction);

  /**
   * Announces the failure of this process to the others, if that is possible, so that they fail
   * instead of waiting. Returns quickly, and may end this process where the engine can do no
   * better.
   *
   * @param reason the reason, for the log
   */
  void abort(String reason);

  /** Ends this process's part; does not wait for others after an {@link #abort}. */
  @Override
  void close();
}
