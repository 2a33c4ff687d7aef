package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.bench.peer.PeerVersion;
import io.github.shardsum.cli.bench.peer.Peers;
import io.github.shardsum.measure.Roofline;
import io.github.shardsum.ops.KernelInfo;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Prints each measurement as soon as it is known. */
final class BenchReport {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final double GIGA = 1e9;

  private final PrintWriter out;
  private final List<Double> loads = new ArrayList<>();

  BenchReport(PrintWriter out) {
    this.out = out;
  }

  /** Processor, JDK and kernels, in a line. */
  String machine() {
    return format(
        "%s, %d processors, JDK %s, %s",
        processor(),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version(),
        KernelInfo.current());
  }

  void begin() {
    out.print(format("machine: %s%n", machine()));
    load();
  }

  void end() {
    load();
  }

  /** Prints the heading of the cases with a number of threads. */
  void threads(int threads, Peers peers) {
    out.println();
    out.print(format("%d thread%s%n", threads, threads == 1 ? "" : "s"));
    out.print(
        format(
            "peers: %s%n",
            peers.found().isEmpty()
                ? "none"
                : peers.found().stream()
                    .map(PeerVersion::toString)
                    .collect(Collectors.joining(", "))));
    peers.absent().forEach(absent -> out.print(format("absent: %s%n", absent)));
    out.print(
        format(
            "%-30s %11s %7s %9s %15s %7s  %s%n",
            "case",
            "ours",
            "spread",
            "rate",
            "share of limit",
            "best",
            "peer's time over ours [95 % interval]"));
  }

  /** One case. */
  void row(BenchMeasurement result) {
    boolean flops = result.limit() == BenchMeasurement.Limit.FLOPS;
    out.print(
        format(
            "%-30s %11s %6.1f%% %9s %6.1f%% of %-5s %6.1f%%  %s%n",
            result.subject().id(),
            time(result.seconds()),
            100 * (result.upper() - result.lower()) / result.seconds(),
            rate(result),
            100 * result.share(),
            flops ? "flops" : "bytes",
            100 * result.bestShare(),
            result.peers().stream().map(BenchReport::peer).collect(Collectors.joining("  "))));
  }

  /** FLOP/s or bytes per second, by the limit of the case. */
  static String rate(BenchMeasurement result) {
    boolean flops = result.limit() == BenchMeasurement.Limit.FLOPS;
    double work = flops ? result.subject().flops() : result.subject().bytes();
    return format("%.1f %s", work / result.seconds() / GIGA, flops ? "GF" : "GB");
  }

  /** Prints the reason why something has no number. */
  void note(String text) {
    out.print(format("  %s%n", text));
  }

  /** Prints the limits to which the shares refer. */
  void limits(Roofline roof, boolean all) {
    out.print(
        format(
            "limits: multiply-add %.1f GFLOP/s in f32, %.1f in f64%n",
            roof.flops(DType.F32) / GIGA, roof.flops(DType.F64) / GIGA));
    if (all) {
      out.print(
          format(
              "limits, GB/s: %s%n",
              roof.allBytes().entrySet().stream()
                  .map(e -> format("%s %.1f", e.getKey(), e.getValue() / GIGA))
                  .collect(Collectors.joining(", "))));
    }
  }

  /** Prints the limits measured here, and those measured in C if there are any. */
  void limits(int threads, Map<String, Double> ours, Map<String, Double> compiled) {
    out.print(format("%n%d thread%s%n", threads, threads == 1 ? "" : "s"));
    out.print(format("%-20s %10s %10s %8s%n", "limit", "here", "C", "share"));
    Set<String> names = new LinkedHashSet<>(ours.keySet());
    names.addAll(compiled.keySet());
    for (String name : names) {
      double here = ours.getOrDefault(name, Double.NaN) / GIGA;
      double other = compiled.getOrDefault(name, Double.NaN) / GIGA;
      out.print(
          format(
              "%-20s %10s %10s %8s%n",
              name.contains(" ") ? name + ", GB/s" : name + ", GFLOP/s",
              number("%.1f", here),
              number("%.1f", other),
              number("%.2f", here / other)));
    }
    out.flush();
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }

  /** The groups' means. */
  void groups(List<BenchMeasurement> results) {
    List<GroupMean> means = GroupMean.of(results);
    if (!means.isEmpty()) {
      out.println();
      out.print(format("geometric means of the ratio to the best peer of each case%n"));
    }
    for (GroupMean mean : means) {
      out.print(
          format(
              "%-14s %d thread%s  %-24s %7.3f of %2d, least %.3f (%s)%n",
              mean.group(),
              mean.threads(),
              mean.threads() == 1 ? " " : "s",
              String.join(", ", mean.opponents()),
              mean.mean(),
              mean.cases(),
              mean.worstRatio(),
              mean.worst()));
    }
  }

  /** The targets and whether each is reached. */
  void targets(List<BenchMeasurement> results, List<KernelCase.Result> kernels) {
    List<Integer> counts = results.stream().map(BenchMeasurement::threads).distinct().toList();
    out.println();
    out.println("targets; met if the median reaches them, within noise if only the interval does");
    for (BenchTarget target : BenchTarget.all()) {
      for (int count : counts) {
        target.outcome(results, count).ifPresent(this::target);
      }
    }
    kernels.forEach(this::kernel);
  }

  /** One case of a single kernel. */
  void kernel(KernelCase.Result result) {
    KernelCase subject = result.subject();
    out.print(
        format(
            "%-12s  %-32s %d thread%s  %.4g [%.4g, %.4g] %s, target %s %.4g%n",
            result.verdict(),
            subject.path(),
            result.threads(),
            result.threads() == 1 ? " " : "s",
            result.value().median(),
            result.value().low(),
            result.value().high(),
            subject.unit(),
            subject.atMost() ? "at most" : "at least",
            subject.wanted()));
    out.flush();
  }

  private void target(BenchTarget.Outcome outcome) {
    BenchTarget target = outcome.target();
    out.print(
        format(
            "%-12s  %-32s %d thread%s  %s %.3f, target %.2f (%s; %d case%s, least %s)%n",
            outcome.verdict(),
            target.name(),
            outcome.threads(),
            outcome.threads() == 1 ? " " : "s",
            target.mean() ? "mean " : "least",
            outcome.reached(),
            target.wanted(),
            target.opponents().isEmpty()
                ? "share of the limit"
                : "best of " + String.join(", ", target.opponents()),
            outcome.cases(),
            outcome.cases() == 1 ? "" : "s",
            outcome.least()));
  }

  static String peer(BenchMeasurement.Peer peer) {
    return format(
        "%s %.3f [%.3f, %.3f]",
        peer.name(), peer.ratio().median(), peer.ratio().low(), peer.ratio().high());
  }

  static String time(double seconds) {
    if (seconds < 1e-6) {
      return format("%.1f ns", seconds * 1e9);
    }
    return seconds < 1e-3 ? format("%.2f us", seconds * 1e6) : format("%.2f ms", seconds * 1e3);
  }

  /** Load averages of the last minute, at the beginning and at the end. */
  List<Double> loads() {
    return List.copyOf(loads);
  }

  private void load() {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    loads.add(load);
    out.print(
        format(
            "load average of the last minute: %s%n",
            load < 0 ? "unknown here" : format("%.2f", load)));
  }

  private static String processor() {
    try {
      return Files.readAllLines(CPU).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
