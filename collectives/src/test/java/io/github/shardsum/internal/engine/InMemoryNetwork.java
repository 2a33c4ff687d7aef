package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.engine.transfer.ByteExchange;
import io.github.shardsum.internal.engine.transfer.Transport;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Processes that are threads of this one: what a transport promises, in its plainest form. It
 * checks that both sides of an exchange agree in their counts, which a library between processes
 * would not.
 */
public final class InMemoryNetwork {
  private final int processes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<List<Object>, Round> rounds = new HashMap<>();
  private Optional<String> aborted = Optional.empty();
  private long exchanges;

  private static final class Round {
    private final Map<Integer, ByteExchange> come = new HashMap<>();
    private int done;
  }

  public InMemoryNetwork(int processes) {
    this.processes = processes;
  }

  /** How many exchanges there were, each process's counted. */
  public long exchanges() {
    lock.lock();
    try {
      return exchanges;
    } finally {
      lock.unlock();
    }
  }

  /** The transport of one process. */
  public Transport transport(int process) {
    return new Port(process);
  }

  private final class Port implements Transport {
    private final int process;
    private final Map<List<Integer>, Long> counts = new HashMap<>();

    private Port(int process) {
      this.process = process;
    }

    @Override
    public int processes() {
      return processes;
    }

    @Override
    public int process() {
      return process;
    }

    @Override
    public int processesHere() {
      return processes;
    }

    @Override
    public void exchange(ByteExchange exchange, Duration deadline) {
      long number = counts.merge(exchange.peers(), 1L, Long::sum);
      List<Object> key = List.of(exchange.peers(), number);
      lock.lock();
      try {
        exchanges++;
        Round round = rounds.computeIfAbsent(key, _ -> new Round());
        round.come.put(process, exchange);
        changed.signalAll();
        exchange.meanwhile().run();
        int peers = exchange.peers().size();
        await(() -> round.come.size() == peers, exchange.what(), deadline);
        receive(exchange, round);
        round.done++;
        changed.signalAll();
        await(() -> round.done == peers, exchange.what(), deadline);
        rounds.remove(key);
      } finally {
        lock.unlock();
      }
    }

    private void receive(ByteExchange own, Round round) {
      for (int i = 0; i < own.peers().size(); i++) {
        int peer = own.peers().get(i);
        ByteExchange other = round.come.get(peer);
        int me = other.peers().indexOf(process);
        MemorySegment sent = other.send()[me];
        MemorySegment wanted = own.receive()[i];
        if (sent.byteSize() != wanted.byteSize()) {
          String told =
              own.what()
                  + ": process "
                  + peer
                  + " sends "
                  + sent.byteSize()
                  + " bytes to process "
                  + process
                  + ", which expects "
                  + wanted.byteSize();
          if (own.verified()) {
            throw new AssertionError(told);
          }
          throw new CollectiveMismatchException(told, List.of());
        }
        wanted.copyFrom(sent);
      }
    }

    private void await(BooleanSupplier condition, String what, Duration time) {
      long left = time.toNanos();
      while (!condition.getAsBoolean()) {
        if (aborted.isPresent()) {
          throw new DeviceFailedException("another process gave up: " + aborted.get(), List.of());
        }
        if (left <= 0) {
          throw new CollectiveTimeoutException(
              what + ": process " + process + " waited for messages that did not come", List.of());
        }
        try {
          left = changed.awaitNanos(left);
        } catch (InterruptedException stop) {
          throw new IllegalStateException(stop);
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
      int n = peers.size();
      long size = values.byteSize();
      MemorySegment all = Arena.ofAuto().allocate(Math.max(1, size * n), 64);
      MemorySegment[] same = new MemorySegment[n];
      MemorySegment[] places = new MemorySegment[n];
      for (int i = 0; i < n; i++) {
        same[i] = values;
        places[i] = all.asSlice(i * size, size);
      }
      exchange(new ByteExchange("reduce", peers, same, places, true, () -> {}), deadline);
      for (long at = 0; at < size; at += 4) {
        float sum = 0;
        for (int i = n - 1; i >= 0; i--) {
          sum += places[i].get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
        }
        values.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, sum);
      }
    }

    @Override
    public boolean reduces(DType dtype, Reduction reduction) {
      return dtype == DType.F32 && reduction == Reduction.SUM;
    }

    @Override
    public void abort(String reason) {
      lock.lock();
      try {
        aborted = Optional.of(reason);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {}
  }
}
