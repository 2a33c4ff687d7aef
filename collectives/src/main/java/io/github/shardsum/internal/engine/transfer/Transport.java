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
 * Moves bytes between processes. This is all that an engine supplies: packing, the order of sums,
 * the check of participants and every rule about numbers are shared by all engines.
 *
 * <p><b>Threads.</b> One thread calls at a time. It may be a different one each time, or a virtual
 * one. A transport whose library needs its own thread hands the call over.
 *
 * <p><b>Order.</b> Every process opens its transports in the same order. On each transport, the
 * processes that take part make the same calls in the same order.
 *
 * <p><b>Failure.</b> After a call that throws, the transport can only be ended, by {@link #abort}
 * and {@link #close}.
 */
public interface Transport extends AutoCloseable {
  /** Number of processes, at least 1. */
  int processes();

  /** This process, in [0, processes). */
  int process();

  /** Number of processes that share the processors of this process, itself included. */
  int processesHere();

  /**
   * All-to-all of byte ranges among some of the processes; returns when the bytes have arrived.
   *
   * @param exchange the peers, and the bytes for each
   * @param deadline the longest time to wait for the others
   * @throws CollectiveTimeoutException if the bytes did not arrive in time
   * @throws DeviceFailedException if one of the peers has ended
   * @throws TransportException if the library reports another error
   */
  void exchange(ByteExchange exchange, Duration deadline);

  /**
   * Begins an exchange and returns. Its bytes travel while the program computes, provided that
   * {@link #progress} is called or the library has a thread of its own. A transport has at most one
   * exchange in flight, and runs nothing else meanwhile.
   *
   * @param exchange the peers, and the bytes for each, without tasks to run meanwhile. Until the
   *     exchange has ended, sent bytes must not change and received bytes must not be read
   * @throws TransportException if the library reports an error at once
   */
  InFlight begin(ByteExchange exchange);

  /** An exchange that was begun. */
  interface InFlight {
    /** Whether the exchange has ended, by success or failure. */
    boolean isDone();

    /**
     * Returns when the bytes have arrived.
     *
     * @param deadline the longest time to wait from now on; earlier computation does not count
     * @throws CollectiveTimeoutException if the others did not arrive
     * @throws DeviceFailedException if one of the other processes has ended
     * @throws TransportException if the library reports another error
     */
    void await(Duration deadline);
  }

  /**
   * Briefly advances the exchanges in flight, without waiting. Any thread may call this at any
   * time; it does nothing on a virtual thread, or while another thread does the same.
   */
  void progress();

  /**
   * Opens another transport between the same processes, for collectives that run at the same time.
   * Waits for all processes to open it.
   *
   * @param deadline the longest time to wait for them
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
   * @param deadline the longest time to wait for the others
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
   * Announces the failure of this process to the others if possible, so that they fail instead of
   * waiting. Returns quickly. Ends this process where the engine has no other means.
   *
   * @param reason the reason, for the log
   */
  void abort(String reason);

  /** Ends this process's part. After an {@link #abort} it does not wait for others. */
  @Override
  void close();
}
