package io.github.shardsum.topology;

import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * This machine's memory as a topology: a bus that carries what the devices of one process exchange,
 * fitted to all-to-alls that are copied here and now.
 */
public final class MachineProbe {
  private static final int DEVICES = 8;

  /** Bytes a device: what is latency alone, what stays in the caches, and what does not. */
  private static final long[] SIZES = {512, 1 << 16, 1 << 20, 1 << 23};

  private final Workers workers;
  private final Duration budget;

  private MachineProbe(Workers workers, Duration budget) {
    this.workers = workers;
    this.budget = budget;
  }

  /**
   * Measures and fits. Allocates 128 MB outside the heap meanwhile. The best time of each size
   * counts, so that another program's load disturbs it little.
   *
   * @param workers the threads that copy
   * @param budget how long it may take, at least 1 ms; a second is enough
   * @return the effective bandwidth of all copying threads together, the time of one superstep as
   *     the latency, and the residual of every size
   * @throws IllegalArgumentException if the budget is below 1 ms
   */
  public static LinkFit measure(Workers workers, Duration budget) {
    Objects.requireNonNull(workers, "workers");
    if (budget.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(
          "machine probe: a budget of at least 1 ms is wanted, got " + budget);
    }
    return new MachineProbe(workers, budget).fit();
  }

  /**
   * Devices of one process on this machine.
   *
   * @param fit what {@link #measure} found
   * @param devices how many
   * @return a bus of them
   */
  public static Topology topology(LinkFit fit, int devices) {
    return Topology.of("this machine", Wiring.BUS, fit.link(), devices);
  }

  private LinkFit fit() {
    Link any = Link.of(1, 0);
    Pricer pricer =
        Pricer.of(Topology.of("this machine", Wiring.BUS, any, DEVICES), Mesh.of("d", DEVICES));
    List<Observation> observations = new ArrayList<>();
    for (long size : SIZES) {
      Price price = pricer.price(new AllToAll(0, 0, "d"), size);
      observations.add(new Observation(price, bestSeconds(size)));
    }
    return LinkFit.of(observations);
  }

  private double bestSeconds(long size) {
    long chunk = size / DEVICES;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment from = arena.allocate(DEVICES * size, 64);
      MemorySegment to = arena.allocate(DEVICES * size, 64);
      from.fill((byte) 1);
      to.fill((byte) 2);
      long best = Long.MAX_VALUE;
      long end = System.nanoTime() + budget.toNanos() / SIZES.length;
      do {
        long begin = System.nanoTime();
        exchange(from, to, size, chunk);
        best = Math.min(best, Math.max(1, System.nanoTime() - begin));
      } while (System.nanoTime() - end < 0);
      check(to, size, chunk);
      return best / 1e9;
    }
  }

  /** The share of a device for itself stays where it is, as the model has it. */
  private void exchange(MemorySegment from, MemorySegment to, long size, long chunk) {
    workers.run(
        DEVICES,
        (target, scratch) -> {
          for (int source = 0; source < DEVICES; source++) {
            if (source != target) {
              MemorySegment.copy(
                  from, source * size + target * chunk, to, target * size + source * chunk, chunk);
            }
          }
        });
  }

  /** That the bytes came keeps the compiler, and the figures, honest. */
  private static void check(MemorySegment to, long size, long chunk) {
    for (int target = 0; target < DEVICES; target++) {
      for (int source = 0; source < DEVICES; source++) {
        byte got = to.get(ValueLayout.JAVA_BYTE, target * size + source * chunk);
        if (got != (source == target ? 2 : 1)) {
          throw new IllegalStateException("machine probe: bytes did not arrive");
        }
      }
    }
  }
}
