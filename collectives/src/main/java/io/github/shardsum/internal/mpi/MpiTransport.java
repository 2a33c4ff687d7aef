package io.github.shardsum.internal.mpi;

import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.collective.TransportException;
import io.github.shardsum.internal.engine.transfer.ByteExchange;
import io.github.shardsum.internal.engine.transfer.Transport;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Bytes over MPI. An exchange is one call of MPI if participants were compared and the bytes are in
 * the engine's buffers; otherwise it is one message for each other process.
 *
 * <p>Each transport has a channel of its own, so that several may be used at once, by several
 * threads.
 */
public final class MpiTransport implements Transport {
  /** The time after the deadline in which the MPI thread must report the timeout itself. */
  private static final long LATENESS_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final MpiProcess process;
  private final long longestCount;
  private final MpiChannel channel;
  private final MpiCalls calls;
  private final int rank;
  private final int size;
  private final int here;

  /**
   * Starts MPI unless it runs, and opens a channel; waits for all processes to do so.
   *
   * @param deadline the longest time to wait for them
   * @throws TransportException if MPI is not installed or does not start; the message says what to
   *     install
   * @throws CollectiveTimeoutException if the others did not arrive
   */
  public static MpiTransport open(Duration deadline) {
    return open(deadline, Integer.MAX_VALUE);
  }

  /** Opens a transport with a largest count for MPI, which tests set low. */
  static MpiTransport open(Duration deadline, long longestCount) {
    return new MpiTransport(MpiProcess.get(deadline), deadline, longestCount);
  }

  private MpiTransport(MpiProcess process, Duration deadline, long longestCount) {
    this.process = process;
    this.longestCount = longestCount;
    MpiJob job = process.call(ProgressEngine::job);
    rank = job.rank();
    size = job.size();
    here = job.processesHere();
    calls = new MpiCalls(job.mpi(), rank, size, longestCount);
    channel = process.call(engine -> engine.job().openChannel());
    run(
        "the opening of the engine",
        job.everyone(),
        calls.duplicate(channel, job.everyone()),
        deadline);
  }

  @Override
  public int processes() {
    return size;
  }

  @Override
  public int process() {
    return rank;
  }

  @Override
  public int processesHere() {
    return here;
  }

  @Override
  public void exchange(ByteExchange exchange, Duration deadline) {
    if (exchange.peers().size() == 1) {
      exchange.meanwhile().run();
      return;
    }
    Guarded meanwhile = new Guarded(exchange.meanwhile());
    PendingMpiOperation.Action action = calls.exchange(exchange, channel, meanwhile);
    run(exchange.what(), exchange.peers(), action, deadline);
    meanwhile.rethrow();
  }

  @Override
  public InFlight begin(ByteExchange exchange) {
    Guarded meanwhile = new Guarded(exchange.meanwhile());
    if (exchange.peers().size() == 1) {
      exchange.meanwhile().run();
      return new Begun(process, Optional.empty(), meanwhile);
    }
    PendingMpiOperation operation =
        PendingMpiOperation.inFlight(
            channel,
            exchange.what(),
            exchange.peers(),
            calls.exchange(exchange, channel, meanwhile));
    process.start(operation);
    return new Begun(process, Optional.of(operation), meanwhile);
  }

  /** An exchange that was begun; its operation is empty if there is no other process. */
  private record Begun(
      MpiProcess process, Optional<PendingMpiOperation> operation, Guarded meanwhile)
      implements InFlight {
    @Override
    public boolean isDone() {
      return operation.map(begun -> begun.done().isDone()).orElse(true);
    }

    @Override
    public void await(Duration deadline) {
      operation.ifPresent(
          begun -> process.await(begun, deadline.toNanos(), deadline.toNanos() + LATENESS_NANOS));
      meanwhile.rethrow();
    }
  }

  @Override
  public void progress() {
    process.progress();
  }

  @Override
  public Transport openLane(Duration deadline) {
    return new MpiTransport(process, deadline, longestCount);
  }

  /** Keeps an exception until the exchange is done, since MPI uses its memory until then. */
  private static final class Guarded implements Runnable {
    private final Runnable work;
    private Optional<Throwable> thrown = Optional.empty();

    Guarded(Runnable work) {
      this.work = work;
    }

    @Override
    public void run() {
      try {
        work.run();
      } catch (RuntimeException | Error e) {
        thrown = Optional.of(e);
      }
    }

    void rethrow() {
      switch (thrown.orElse(null)) {
        case null -> {}
        case Error e -> throw e;
        case RuntimeException e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void allReduce(
      List<Integer> peers,
      MemorySegment values,
      DType dtype,
      Reduction reduction,
      Duration deadline) {
    MpiConstant type = type(dtype).orElseThrow();
    MpiConstant operation = operation(reduction).orElseThrow();
    if (peers.size() > 1) {
      run(
          "all-reduce " + reduction + " of " + dtype + " [" + values.byteSize() + " bytes]",
          peers,
          calls.allReduce(values, dtype.byteSize(), type, operation),
          deadline);
    }
  }

  /** True only where the library has the same rules for NaN and for zeros. */
  @Override
  public boolean reduces(DType dtype, Reduction reduction) {
    boolean minOrMax = reduction == Reduction.MIN || reduction == Reduction.MAX;
    return type(dtype).isPresent()
        && operation(reduction).isPresent()
        && !(minOrMax && dtype.isFloating());
  }

  private static Optional<MpiConstant> type(DType dtype) {
    return switch (dtype) {
      case F32 -> Optional.of(MpiConstant.FLOAT);
      case F64 -> Optional.of(MpiConstant.DOUBLE);
      case I32 -> Optional.of(MpiConstant.INT32);
      case I64 -> Optional.of(MpiConstant.INT64);
      case BF16, BOOL -> Optional.empty();
    };
  }

  private static Optional<MpiConstant> operation(Reduction reduction) {
    return switch (reduction) {
      case SUM -> Optional.of(MpiConstant.SUM);
      case PROD -> Optional.of(MpiConstant.PROD);
      case MIN -> Optional.of(MpiConstant.MIN);
      case MAX -> Optional.of(MpiConstant.MAX);
      case MEAN -> Optional.empty();
    };
  }

  private void run(
      String what, List<Integer> peers, PendingMpiOperation.Action action, Duration deadline) {
    PendingMpiOperation operation =
        new PendingMpiOperation(channel, what, peers, deadline.toNanos(), action);
    process.run(operation, deadline.toNanos() + LATENESS_NANOS);
  }

  @Override
  public void abort(String reason) {
    process.call(
        engine -> {
          engine.abort(channel, reason);
          return true;
        });
  }

  @Override
  public void close() {
    process.call(
        engine -> {
          engine.close(channel);
          return true;
        });
  }
}
