package io.github.shardsum.cli.machine;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What so many threads of this machine can do at most: multiply-adds on registers, and bytes moved
 * at each level of the caches. Each number is measured whenever it is asked for, and the best
 * measurement so far counts: what slows a machine down comes and goes. For one thread's use.
 */
public final class Roof {
  /** Of a cache this share is used, since other data want some of it. */
  private static final double FILLED = 0.5;

  /** Memory is measured over at least this many bytes, and over a multiple of the last cache. */
  private static final long MEMORY_BYTES = 128L << 20;

  /** Beyond this the multiple of the last cache is not followed: the heap may be small. */
  private static final long MOST_MEMORY_BYTES = 512L << 20;

  private static final int TIMES_LAST_CACHE = 4;

  private final Workers workers;
  private final long windowNanos;
  private final List<CacheLevel> levels;
  private final Map<DType, Double> flops = new EnumMap<>(DType.class);
  private final Map<Place, Double> bytes = new HashMap<>();

  private record Place(CacheLevel level, Traffic traffic) {}

  /**
   * A roof with nothing measured yet.
   *
   * @param workers the threads
   * @param windowNanos how long one of the windows of a measurement is, in ns
   */
  public Roof(Workers workers, long windowNanos) {
    this(workers, windowNanos, CacheLevel.ofThisMachine());
  }

  Roof(Workers workers, long windowNanos, List<CacheLevel> levels) {
    this.workers = workers;
    this.windowNanos = windowNanos;
    this.levels = List.copyOf(levels);
  }

  /**
   * Multiply-adds on registers, two FLOPs each.
   *
   * @param dtype f32 or f64
   * @return FLOP/s of all threads together
   */
  public double flops(DType dtype) {
    return flops.merge(dtype, measureFlops(dtype), Math::max);
  }

  /**
   * The level that so many bytes fit into.
   *
   * @param footprint bytes
   * @return the smallest such level
   */
  public CacheLevel level(double footprint) {
    return levels.stream()
        .filter(level -> footprint <= level.capacity(workers.parallelism()))
        .findFirst()
        .orElse(levels.getLast());
  }

  /**
   * Bytes moved by the best possible kernel of this footprint.
   *
   * @param footprint bytes read and written, each counted once
   * @param written the share of them that is written, from 0 to 1
   * @return bytes/s of all threads together
   */
  public double bytes(double footprint, double written) {
    CacheLevel level = level(footprint);
    Traffic below = Traffic.READ;
    for (Traffic traffic : Traffic.values()) {
      if (traffic.written() >= written) {
        return mixture(level, below, traffic, written);
      }
      below = traffic;
    }
    return bytes(level, Traffic.FILL);
  }

  /**
   * All four kinds of traffic at all levels.
   *
   * @return bytes/s by {@code "read L1"}, {@code "copy memory"}, ...
   */
  public Map<String, Double> allBytes() {
    Map<String, Double> all = new LinkedHashMap<>();
    for (CacheLevel level : levels) {
      for (Traffic traffic : Traffic.values()) {
        all.put(
            traffic.name().toLowerCase(Locale.ROOT) + " " + level.name(), bytes(level, traffic));
      }
    }
    return all;
  }

  private double bytes(CacheLevel level, Traffic traffic) {
    Place place = new Place(level, traffic);
    return bytes.merge(place, measureBytes(place), Math::max);
  }

  /** Seconds a byte lie on the line between the two kinds of traffic. */
  private double mixture(CacheLevel level, Traffic low, Traffic high, double written) {
    double above = bytes(level, high);
    if (low == high) {
      return above;
    }
    double share = (written - low.written()) / (high.written() - low.written());
    return 1 / ((1 - share) / bytes(level, low) + share / above);
  }

  private double measureFlops(DType dtype) {
    int threads = workers.parallelism();
    return switch (dtype) {
      case F32 -> {
        MultiplyAddProbe[] probes = new MultiplyAddProbe[threads];
        Arrays.setAll(probes, _ -> new MultiplyAddProbe());
        yield MultiplyAddProbe.FLOPS * threads / best((index, _) -> probes[index].run());
      }
      case F64 -> {
        DoubleMultiplyAddProbe[] probes = new DoubleMultiplyAddProbe[threads];
        Arrays.setAll(probes, _ -> new DoubleMultiplyAddProbe());
        yield DoubleMultiplyAddProbe.FLOPS * threads / best((index, _) -> probes[index].run());
      }
      default -> throw new IllegalArgumentException("roof: wanted f32 or f64, got " + dtype);
    };
  }

  private double measureBytes(Place place) {
    int threads = workers.parallelism();
    BandwidthProbe[] probes = new BandwidthProbe[threads];
    Arrays.setAll(probes, _ -> new BandwidthProbe(place.traffic(), footprint(place.level())));
    return (double) probes[0].bytes() * threads / best((index, _) -> probes[index].run());
  }

  private double best(Workers.Task task) {
    return Stopwatch.best(() -> workers.run(workers.parallelism(), task), windowNanos);
  }

  /** Bytes of one thread. */
  private long footprint(CacheLevel level) {
    int threads = workers.parallelism();
    if (level.equals(levels.getLast())) {
      long last = levels.size() < 2 ? 0 : levels.get(levels.size() - 2).bytes();
      long all = Math.clamp(TIMES_LAST_CACHE * last, MEMORY_BYTES, MOST_MEMORY_BYTES);
      return all / threads;
    }
    return (long) (FILLED * level.capacity(threads)) / threads;
  }
}
