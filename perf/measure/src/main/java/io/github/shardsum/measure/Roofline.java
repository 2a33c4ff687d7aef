package io.github.shardsum.measure;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.probe.BandwidthProbe;
import io.github.shardsum.measure.probe.MemoryTraffic;
import io.github.shardsum.measure.probe.MultiplyAddProbe;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Limits of this machine for a number of threads: multiply-adds on registers, and bytes moved per
 * second for a given footprint. Each limit is measured at every request, and the best measurement
 * so far counts, since a slowdown of the machine is temporary. Used by one thread.
 */
public final class Roofline {
  /** The share of a cache that is used, since other data need some of it. */
  private static final double FILLED = 0.5;

  /** Memory is measured over at least this many bytes, and over a multiple of the last cache. */
  private static final long MEMORY_BYTES = 128L << 20;

  /**
   * Limit of the bytes that are measured, even if the multiple of the last cache is larger, since
   * the heap may be small.
   */
  private static final long MOST_MEMORY_BYTES = 512L << 20;

  private static final int TIMES_LAST_CACHE = 4;

  /**
   * Least bytes that are measured: less than a page is moved as fast as a page, in too short a time
   * for a clock.
   */
  private static final double LEAST_BYTES = 16 << 10;

  /** Factor of the length of the first windows, in which the JIT compiles the loop. */
  private static final int FIRST = 5;

  private final Workers workers;
  private final long windowNanos;
  private final List<CacheLevel> levels;
  private final Map<DType, Double> flops = new EnumMap<>(DType.class);
  private final Map<Place, Double> bytes = new HashMap<>();
  private final Set<Object> measured = new HashSet<>();

  /** Bytes of one thread. */
  private record Place(long footprint, MemoryTraffic traffic) {}

  /**
   * A roof with nothing measured yet.
   *
   * @param workers the threads
   * @param windowNanos length of a window of a measurement, in ns
   */
  public Roofline(Workers workers, long windowNanos) {
    this(workers, windowNanos, CacheLevel.ofThisMachine());
  }

  Roofline(Workers workers, long windowNanos, List<CacheLevel> levels) {
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
   * Bytes moved by the best possible kernel of this footprint.
   *
   * @param footprint bytes read and written, each counted once
   * @param written the share of them that is written, from 0 to 1
   * @return bytes/s of all threads together
   */
  public double bytes(double footprint, double written) {
    long each =
        (long) Math.clamp(footprint, LEAST_BYTES, MOST_MEMORY_BYTES) / workers.parallelism();
    MemoryTraffic below = MemoryTraffic.READ;
    for (MemoryTraffic traffic : MemoryTraffic.values()) {
      if (traffic.written() >= written) {
        return mixture(each, below, traffic, written);
      }
      below = traffic;
    }
    return bytes(each, MemoryTraffic.FILL);
  }

  /**
   * All four kinds of traffic at all levels.
   *
   * @return bytes/s by {@code "read L1"}, {@code "copy memory"}, ...
   */
  public Map<String, Double> allBytes() {
    Map<String, Double> all = new LinkedHashMap<>();
    for (CacheLevel level : levels) {
      for (MemoryTraffic traffic : MemoryTraffic.values()) {
        all.put(
            traffic.name().toLowerCase(Locale.ROOT) + " " + level.name(),
            bytes(footprint(level), traffic));
      }
    }
    return all;
  }

  /**
   * All limits.
   *
   * @return FLOP/s by {@code "f32"} and {@code "f64"}, then {@link #allBytes()}
   */
  public Map<String, Double> all() {
    Map<String, Double> all = new LinkedHashMap<>();
    all.put("f32", flops(DType.F32));
    all.put("f64", flops(DType.F64));
    all.putAll(allBytes());
    return all;
  }

  /**
   * Footprints that {@link #allBytes()} measures.
   *
   * @return bytes of one thread by the level's name
   */
  public Map<String, Long> footprints() {
    Map<String, Long> all = new LinkedHashMap<>();
    levels.forEach(level -> all.put(level.name(), footprint(level)));
    return all;
  }

  /** The bandwidth of a footprint: at least that of any larger one. */
  private double bytes(long footprint, MemoryTraffic traffic) {
    Place place = new Place(footprint, traffic);
    bytes.merge(place, measureBytes(place), Math::max);
    return bytes.entrySet().stream()
        .filter(e -> e.getKey().traffic() == traffic && e.getKey().footprint() >= footprint)
        .mapToDouble(Map.Entry::getValue)
        .max()
        .orElseThrow();
  }

  /** Interpolates seconds a byte between the two kinds of traffic. */
  private double mixture(long footprint, MemoryTraffic low, MemoryTraffic high, double written) {
    double above = bytes(footprint, high);
    if (low == high) {
      return above;
    }
    double share = (written - low.written()) / (high.written() - low.written());
    return 1 / ((1 - share) / bytes(footprint, low) + share / above);
  }

  private double measureFlops(DType dtype) {
    MultiplyAddProbe[] probes = new MultiplyAddProbe[workers.parallelism()];
    Arrays.setAll(probes, _ -> new MultiplyAddProbe(dtype));
    return probes[0].flops() * probes.length / best(dtype, (index, _) -> probes[index].run());
  }

  private double measureBytes(Place place) {
    int threads = workers.parallelism();
    BandwidthProbe[] probes = new BandwidthProbe[threads];
    Arrays.setAll(probes, _ -> new BandwidthProbe(place.traffic(), place.footprint()));
    double seconds = best(place.traffic(), (index, _) -> probes[index].run());
    return (double) probes[0].bytes() * threads / seconds;
  }

  private double best(Object loop, Workers.Task task) {
    long window = measured.add(loop) ? FIRST * windowNanos : windowNanos;
    return Stopwatch.best(() -> workers.run(workers.parallelism(), task), window);
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
