package io.github.shardsum.lab.compare;

import static io.github.shardsum.lab.compare.ComparisonCommand.print;

import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathCost;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.path.Slice;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Compares contraction paths with those of cotengra's hyperoptimizer, on networks that cotengra
 * generates. Each side has one thread and the same time. The first ratio is the FLOPs of our whole
 * contraction over those of cotengra's, both counted by {@link PathCost}. The second ratio compares
 * plans with a limit: a sixteenth of the largest intermediate of our plan without a limit.
 *
 * <p>Arguments: the seconds of each search, and the number of seeds for each kind of network.
 * {@code SHARDSUM_PYTHON} names a Python with cotengra and networkx. The exit status is 1 if a
 * ratio is above its limit.
 */
public final class PathComparison {
  private static final List<String> NETWORKS =
      List.of(
          "lattice-2d",
          "lattice-3d",
          "torus-2d",
          "regular-3",
          "random",
          "hyper",
          "perverse",
          "tree");

  /** Limit of the geometric mean of the ratios. */
  private static final double MOST_MEAN = 1;

  /** Limit of the ratio of one network. */
  private static final double MOST = 1.25;

  /** Limit of the geometric mean of the ratios of sliced plans. */
  private static final double MOST_SLICED = 1.1;

  /** The largest intermediate of our plan, divided by the limit for plans with slices. */
  private static final int PART = 16;

  private final ChildProcess cotengra;
  private final double seconds;

  private PathComparison(ChildProcess cotengra, double seconds) {
    this.cotengra = cotengra;
    this.seconds = seconds;
  }

  /**
   * Measures.
   *
   * @param arguments the seconds of each search and the number of seeds
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws IOException, MeasurementException {
    double seconds = arguments.isEmpty() ? 2 : Double.parseDouble(arguments.getFirst());
    int seeds = arguments.size() > 1 ? Integer.parseInt(arguments.get(1)) : 1;
    String python = Objects.requireNonNullElse(System.getenv("SHARDSUM_PYTHON"), "python3");
    ProcessBuilder builder =
        new ProcessBuilder(
            python, "-c", BenchmarkScript.text(PathComparison.class, "cotengra_paths.py"));
    try (ChildProcess process = new ChildProcess(builder)) {
      print("%s, %s s a search%n", process.greeting(), seconds);
      return new PathComparison(process, seconds).compare(seeds);
    }
  }

  private boolean compare(int seeds) throws MeasurementException {
    List<Double> whole = new ArrayList<>();
    List<Double> sliced = new ArrayList<>();
    for (String kind : NETWORKS) {
      for (int seed = 0; seed < seeds; seed++) {
        Network network = network(cotengra.ask("network " + kind + " " + seed));
        PathFinder finder =
            PathFinder.RandomGreedy.within(seed, Duration.ofNanos((long) (seconds * 1e9)));
        ContractionPlan ours = finder.plan(network);
        double theirs = flops(network, cotengra.ask("path " + seconds + " 0"));
        double ratio = ours.cost().flops() / theirs;
        whole.add(ratio);
        long limit = (long) Math.max(4, ours.cost().largestIntermediate() / PART);
        double oursSliced = finder.plan(network, limit).cost().flops();
        double theirsSliced = flops(network, cotengra.ask("path " + seconds + " " + limit));
        sliced.add(oursSliced / theirsSliced);
        print(
            "%-12s %d: %3d operands, FLOPs %.3g and %.3g, ratio %.3f; at most %d elements %.3g and"
                + " %.3g, ratio %.3f%n",
            kind,
            seed,
            network.operandCount(),
            ours.cost().flops(),
            theirs,
            ratio,
            limit,
            oursSliced,
            theirsSliced,
            sliced.getLast());
      }
    }
    double most = whole.stream().mapToDouble(ratio -> ratio).max().orElseThrow();
    double mean = mean(whole);
    double meanSliced = mean(sliced);
    print(
        "geometric mean %.3f (at most %s), largest %.3f (at most %s), sliced %.3f (at most %s)%n",
        mean, MOST_MEAN, most, MOST, meanSliced, MOST_SLICED);
    return mean <= MOST_MEAN && most <= MOST && meanSliced <= MOST_SLICED;
  }

  private static double mean(List<Double> ratios) {
    return Math.exp(ratios.stream().mapToDouble(Math::log).average().orElseThrow());
  }

  /** FLOPs of a path with slices, counted as those of our paths. */
  private static double flops(Network network, String answer) {
    String[] parts = answer.split("\\|", -1);
    int[][] steps =
        Arrays.stream(parts[0].split(";", -1)).map(PathComparison::ints).toArray(int[][]::new);
    List<Slice> slices =
        Arrays.stream(ints(parts[1]))
            .mapToObj(label -> new Slice(label, 1, network.sizes().get(label)))
            .toList();
    ContractionPath path = ContractionPath.ofSsa(network.operandCount(), steps);
    return PathCost.of(network, path, slices).flops();
  }

  private static Network network(String text) {
    String[] parts = text.split("\\|", -1);
    int[][] operands =
        Arrays.stream(parts[0].split(";", -1)).map(PathComparison::ints).toArray(int[][]::new);
    long[] sizes = Arrays.stream(ints(parts[2])).asLongStream().toArray();
    return Network.of(operands, ints(parts[1]), sizes);
  }

  private static int[] ints(String list) {
    return list.isEmpty()
        ? new int[0]
        : Arrays.stream(list.split(",", -1)).mapToInt(Integer::parseInt).toArray();
  }
}
