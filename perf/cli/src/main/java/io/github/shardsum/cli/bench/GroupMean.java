package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.NativeGemm;
import io.github.shardsum.cli.bench.peer.Peers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The geometric mean of the ratios of a group's cases. A ratio is the time of the best of some
 * peers divided by our time.
 *
 * @param group the group
 * @param threads threads of ours and of each peer
 * @param opponents the peers; in each case only the best one counts
 * @param mean the geometric mean of the ratios
 * @param cases how many cases had such a peer
 * @param worst the case with the smallest ratio
 * @param worstRatio the ratio of that case
 */
record GroupMean(
    String group,
    int threads,
    List<String> opponents,
    double mean,
    int cases,
    String worst,
    double worstRatio) {
  /**
   * The means of each group and number of threads, in the order of the results: one over the einsum
   * peers and one over the native libraries.
   */
  static List<GroupMean> of(List<BenchMeasurement> results) {
    Set<List<Object>> keys = new LinkedHashSet<>();
    results.forEach(result -> keys.add(List.of(result.threads(), result.subject().group())));
    List<GroupMean> means = new ArrayList<>();
    for (List<Object> key : keys) {
      List<BenchMeasurement> members =
          results.stream()
              .filter(r -> key.equals(List.of(r.threads(), r.subject().group())))
              .toList();
      of(members, Peers.einsums()).ifPresent(means::add);
      of(members, NativeGemm.NAMES).ifPresent(means::add);
    }
    return means;
  }

  private record Ratio(BenchMeasurement result, double value) {}

  private static Optional<GroupMean> of(List<BenchMeasurement> members, List<String> opponents) {
    List<Ratio> ratios = new ArrayList<>();
    for (BenchMeasurement member : members) {
      member.peers().stream()
          .filter(peer -> opponents.contains(peer.name()))
          .mapToDouble(peer -> peer.ratio().median())
          .min()
          .ifPresent(best -> ratios.add(new Ratio(member, best)));
    }
    if (ratios.isEmpty()) {
      return Optional.empty();
    }
    double mean =
        Math.exp(ratios.stream().mapToDouble(r -> Math.log(r.value())).average().orElseThrow());
    Ratio worst = ratios.stream().min(Comparator.comparingDouble(Ratio::value)).orElseThrow();
    BenchMeasurement any = members.getFirst();
    return Optional.of(
        new GroupMean(
            any.subject().group(),
            any.threads(),
            opponents,
            mean,
            ratios.size(),
            worst.result().subject().id(),
            worst.value()));
  }
}
