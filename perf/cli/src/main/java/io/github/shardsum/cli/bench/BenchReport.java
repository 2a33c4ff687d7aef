package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.machine.Roof;
import io.github.shardsum.kernel.KernelInfo;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints what was measured, a line as soon as it is known. */
final class BenchReport {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final double GIGA = 1e9;

  private final PrintWriter out;

  BenchReport(PrintWriter out) {
    this.out = out;
  }

  /** Processor, JDK and kernels, in a line. */
  String machine() {
    return "%s, %d processors, JDK %s, %s"
        .formatted(
            processor(),
            Runtime.getRuntime().availableProcessors(),
            Runtime.version(),
            KernelInfo.current());
  }

  void begin() {
    line("machine: %s", machine());
    load();
  }

  void end() {
    load();
  }

  /** The heading of a number of threads. */
  void threads(int threads, Peers peers) {
    line("");
    line("%d thread%s", threads, threads == 1 ? "" : "s");
    line("peers: %s", peers.found().isEmpty() ? "none" : String.join(", ", peers.found()));
    peers.absent().forEach(absent -> line("absent: %s", absent));
    line(
        "%-30s %11s %7s %9s %15s  %s",
        "case",
        "ours",
        "spread",
        "rate",
        "share of limit",
        "peer's time over ours [95 % interval]");
  }

  /** One case. */
  void row(Measured result) {
    boolean flops = result.limit() == Measured.Limit.FLOPS;
    double work = flops ? result.subject().flops() : result.subject().bytes();
    line(
        "%-30s %11s %6.1f%% %9s %6.1f%% of %-5s  %s",
        result.subject().id(),
        time(result.seconds()),
        100 * (result.upper() - result.lower()) / result.seconds(),
        "%.1f %s".formatted(work / result.seconds() / GIGA, flops ? "GF" : "GB"),
        100 * result.share(),
        flops ? "flops" : "bytes",
        result.peers().stream().map(BenchReport::peer).collect(Collectors.joining("  ")));
  }

  /** Why something has no number. */
  void note(String text) {
    line("  %s", text);
  }

  /** The limits that the shares were taken of. */
  void limits(Roof roof, boolean all) {
    line(
        "limits: multiply-add %.1f GFLOP/s in f32, %.1f in f64",
        roof.flops(DType.F32) / GIGA, roof.flops(DType.F64) / GIGA);
    if (all) {
      line(
          "limits, GB/s: %s",
          roof.allBytes().entrySet().stream()
              .map(e -> "%s %.1f".formatted(e.getKey(), e.getValue() / GIGA))
              .collect(Collectors.joining(", ")));
    }
  }

  /** The groups' means. */
  void groups(List<Measured> results) {
    List<GroupMean> means = GroupMean.of(results);
    if (!means.isEmpty()) {
      line("");
      line("geometric means of the ratio to the best peer of each case");
    }
    for (GroupMean mean : means) {
      line(
          "%-14s %d thread%s  %-24s %7.3f of %2d, least %.3f (%s)",
          mean.group(),
          mean.threads(),
          mean.threads() == 1 ? " " : "s",
          String.join(", ", mean.opponents()),
          mean.mean(),
          mean.cases(),
          mean.worstRatio(),
          mean.worst());
    }
  }

  private static String peer(Measured.Peer peer) {
    return "%s %.3f [%.3f, %.3f]"
        .formatted(peer.name(), peer.ratio().median(), peer.ratio().low(), peer.ratio().high());
  }

  private static String time(double seconds) {
    if (seconds < 1e-5) {
      return "%.1f ns".formatted(seconds * 1e9);
    }
    return seconds < 1e-2 ? "%.2f us".formatted(seconds * 1e6) : "%.2f ms".formatted(seconds * 1e3);
  }

  private void load() {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    line("load average of the last minute: %s", load < 0 ? "unknown here" : "%.2f".formatted(load));
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

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
    out.flush();
  }
}
