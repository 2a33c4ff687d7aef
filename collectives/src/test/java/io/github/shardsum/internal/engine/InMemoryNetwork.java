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
    private final Map<Integer, Error> wrong = new HashMap<>();
    private final Map<Integer, RuntimeException> different = new HashMap<>();
    private boolean done;
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
    return new Port(process, 0);
  }

  private final class Port implements Transport {
    private final int process;
    private final int lane;
    private int lanes;
    private final Map<List<Integer>, Long> counts = new HashMap<>();

    private Port(int process, int lane) {
      this.process = process;
      this.lane = lane;
    }

    @Override
    public Transport openLane(Duration deadline) {
      return new Port(process, ++lanes);
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
      begin(exchange).await(deadline);
    }

    /** The process that comes last copies for all, as early as bytes could arrive. */
    @Override
    public InFlight begin(ByteExchange exchange) {
      long number = counts.merge(exchange.peers(), 1L, Long::sum);
      List<Object> key = List.of(lane, exchange.peers(), number);
      lock.lock();
      try {
        exchanges++;
        Round round = rounds.computeIfAbsent(key, _ -> new Round());
        round.come.put(process, exchange);
        if (round.come.size() == exchange.peers().size()) {
          rounds.remove(key);
          round.come.forEach((receiver, own) -> receive(receiver, own, round));
          round.done = true;
          changed.signalAll();
        }
        exchange.meanwhile().run();
        return new Begun(round, exchange.what());
      } finally {
        lock.unlock();
      }
    }

    private final class Begun implements InFlight {
      private final Round round;
      private final String what;

      private Begun(Round round, String what) {
        this.round = round;
        this.what = what;
      }

      @Override
      public boolean isDone() {
        lock.lock();
        try {
          return round.done;
        } finally {
          lock.unlock();
        }
      }

      @Override
      public void await(Duration deadline) {
        lock.lock();
        try {
          Port.this.await(() -> round.done, what, deadline);
        } finally {
          lock.unlock();
        }
        if (round.wrong.containsKey(process)) {
          throw round.wrong.get(process);
        }
        if (round.different.containsKey(process)) {
          throw round.different.get(process);
        }
      }
    }

    @Override
    public void progress() {}

    private void receive(int receiver, ByteExchange own, Round round) {
      for (int i = 0; i < own.peers().size(); i++) {
        int peer = own.peers().get(i);
        ByteExchange other = round.come.get(peer);
        MemorySegment sent = other.send()[other.peers().indexOf(receiver)];
        MemorySegment wanted = own.receive()[i];
        if (sent.byteSize() == wanted.byteSize()) {
          wanted.copyFrom(sent);
          continue;
        }
        String told =
            own.what()
                + ": process "
                + peer
                + " sends "
                + sent.byteSize()
                + " bytes to process "
                + receiver
                + ", which expects "
                + wanted.byteSize();
        if (own.verified()) {
          round.wrong.put(receiver, new AssertionError(told));
        } else {
          round.different.put(receiver, new CollectiveMismatchException(told, List.of()));
        }
        return;
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
