package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.NativeGemm;
import io.github.shardsum.cli.bench.peer.Peers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A target of the kernels, as data.
 *
 * @param name the name in words
 * @param cases finds the GROUP/ID of the target's cases
 * @param threads the number of threads; 0 for any
 * @param opponents the peers; in each case only the best counts. None if the target is a share of
 *     the limit
 * @param mean whether the geometric mean must reach the target; otherwise every case must
 * @param wanted the ratio or share to reach
 */
record BenchTarget(
    String name, Pattern cases, int threads, List<String> opponents, boolean mean, double wanted) {
  private static final List<String> EINSUMS = Peers.einsums();
  private static final List<String> PANAMA = List.of("panama");
  private static final List<String> NATIVE = NativeGemm.NAMES;
  private static final String OF_FILE = "^(gemm|tensor|batched|nary|bandwidth|tiny|gshard)/";

  /** All targets. */
  static List<BenchTarget> all() {
    List<BenchTarget> all = new ArrayList<>();
    for (String dtype : List.of("f32", "f64")) {
      String cases = "^product-" + dtype + "/";
      all.add(mean("products in " + dtype, cases, 1, NATIVE, 0.98));
      all.add(each("each product in " + dtype, cases, 1, NATIVE, 0.92));
      all.add(mean("products in " + dtype, cases, 2, NATIVE, 0.96));
    }
    all.add(share("cubes from 512 on", "^product-f32/product-f32-\\d+$(?<!-256)", 1, 0.92));
    all.add(each("no einsum over 5 % slower", OF_FILE, 0, EINSUMS, 0.95));
    all.add(mean("tensor", "^tensor/", 0, EINSUMS, 2.5));
    all.add(mean("bandwidth", "^bandwidth/", 0, EINSUMS, 1.8));
    all.add(mean("batched", "^batched/", 0, EINSUMS, 1.3));
    all.add(mean("gshard", "^gshard/", 0, EINSUMS, 1.1));
    all.add(mean("gemm", "^gemm/", 0, EINSUMS, 1.05));
    all.add(mean("tiny", "^tiny/", 0, EINSUMS, 20));
    all.add(each("search", "^search/", 1, EINSUMS, 0.95));
    all.add(each("search by OpenBLAS", "^search/", 1, List.of("openblas-pip"), 0.95));
    all.add(each("search of 32 queries", "^search/.*x32$", 1, PANAMA, 1.5));
    all.add(share("permuted contractions", "^tensor/", 0, 0.5));
    all.add(share("the paper's gate", "^gshard/gshard-gate", 0, 0.5));
    all.add(share("the paper's other equations", "^gshard/gshard-(?!gate)", 0, 0.85));
    all.add(
        share(
            "dot, matrix-vector, reductions", "/(dot|gemv|reduce-row|sum-1e7|dot-1e7)$", 0, 0.85));
    all.add(share("outer and Hadamard", "/(outer|hadamard)$", 0, 0.85));
    return all;
  }

  private static BenchTarget mean(
      String name, String cases, int threads, List<String> opponents, double wanted) {
    return new BenchTarget(name, Pattern.compile(cases), threads, opponents, true, wanted);
  }

  private static BenchTarget each(
      String name, String cases, int threads, List<String> opponents, double wanted) {
    return new BenchTarget(name, Pattern.compile(cases), threads, opponents, false, wanted);
  }

  private static BenchTarget share(String name, String cases, int threads, double wanted) {
    return new BenchTarget(name, Pattern.compile(cases), threads, List.of(), false, wanted);
  }

  /**
   * The outcome of a target.
   *
   * @param reached the mean, or the least of the cases
   * @param verdict whether the medians reach the target, or only the upper ends of their intervals
   * @param cases the number of cases
   * @param least the case with the smallest value
   */
  record Outcome(
      BenchTarget target,
      int threads,
      double reached,
      BenchVerdict verdict,
      int cases,
      String least) {}

  private record Value(String id, double middle, double high) {}

  /** The outcome with this number of threads; empty if no case of the target was measured. */
  Optional<Outcome> outcome(List<BenchMeasurement> results, int count) {
    if (threads != 0 && threads != count) {
      return Optional.empty();
    }
    List<Value> values =
        results.stream()
            .filter(result -> result.threads() == count)
            .filter(r -> cases.matcher(r.subject().group() + "/" + r.subject().id()).find())
            .flatMap(result -> value(result).stream())
            .toList();
    if (values.isEmpty()) {
      return Optional.empty();
    }
    Value least = values.getFirst();
    double leastHigh = Double.POSITIVE_INFINITY;
    double logs = 0;
    double highs = 0;
    for (Value value : values) {
      least = value.middle() < least.middle() ? value : least;
      leastHigh = Math.min(leastHigh, value.high());
      logs += Math.log(value.middle());
      highs += Math.log(value.high());
    }
    double reached = mean ? Math.exp(logs / values.size()) : least.middle();
    double high = mean ? Math.exp(highs / values.size()) : leastHigh;
    BenchVerdict verdict = BenchVerdict.of(wanted, reached, high);
    return Optional.of(new Outcome(this, count, reached, verdict, values.size(), least.id()));
  }

  private Optional<Value> value(BenchMeasurement result) {
    String id = result.subject().id();
    if (opponents.isEmpty()) {
      return Optional.of(new Value(id, result.share(), result.share()));
    }
    return result.peers().stream()
        .filter(peer -> opponents.contains(peer.name()))
        .map(peer -> new Value(id, peer.ratio().median(), peer.ratio().high()))
        .min((a, b) -> Double.compare(a.middle(), b.middle()));
  }
}
