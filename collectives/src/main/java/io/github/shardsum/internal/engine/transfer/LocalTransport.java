package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.collective.Reduction;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;

/** This process alone: it sends nothing. */
public final class LocalTransport implements Transport {
  /** The transport of one process. */
  public LocalTransport() {}

  @Override
  public int processes() {
    return 1;
  }

  @Override
  public int process() {
    return 0;
  }

  @Override
  public int processesHere() {
    return 1;
  }

  @Override
  public void exchange(ByteExchange exchange, Duration deadline) {
    exchange.meanwhile().run();
  }

  @Override
  public InFlight begin(ByteExchange exchange) {
    exchange.meanwhile().run();
    return new InFlight() {
      @Override
      public boolean isDone() {
        return true;
      }

      @Override
      public void await(Duration deadline) {}
    };
  }

  @Override
  public void progress() {}

  @Override
  public Transport openLane(Duration deadline) {
    return new LocalTransport();
  }

  @Override
  public void allReduce(
      List<Integer> peers,
      MemorySegment values,
      DType dtype,
      Reduction reduction,
      Duration deadline) {}

  @Override
  public boolean reduces(DType dtype, Reduction reduction) {
    return false;
  }

  @Override
  public void abort(String reason) {}

  @Override
  public void close() {}
}
