package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.PeerVersion;
import io.github.shardsum.cli.common.SvgPage;
import io.github.shardsum.cli.scaling.ScalingPicture;
import io.github.shardsum.cli.scaling.ScalingPoint;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.Residual;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Results as one self-contained page that is readable without a script. */
final class BenchPage {
  private static final int LEFT = 250;
  private static final int ROW = 18;
  private static final int HEIGHT = 420;
  private static final int MARGIN = 60;
  private static final double GIGA = 1e9;

  /** A ratio further away is drawn at the edge. */
  private static final double LARGEST_RATIO = 4;

  /**
   * The machine's limits with a number of threads.
   *
   * @param flops of multiply-adds in f32, FLOP/s
   * @param bytes a second, by what is moved and from where
   */
  record Limits(int threads, double flops, Map<String, Double> bytes) {}

  /**
   * The measurements of a page.
   *
   * @param links collectives of virtual devices against size, if they were measured
   */
  record Content(
      List<Measured> results,
      List<KernelCase.Result> kernels,
      List<PeerVersion> peers,
      String machine,
      List<Double> loads,
      List<Limits> limits,
      List<ScalingPoint> scaling,
      Optional<LinkFit> links) {}

  private final SvgPage page = new SvgPage("shardsum bench");
  private final Content content;

  private BenchPage(Content content) {
    this.content = content;
  }

  static String of(Content content) {
    return new BenchPage(content).whole();
  }

  private String whole() {
    page.paragraph(content.machine());
    page.paragraph(
        "load average before and after: "
            + String.join(
                ", ", content.loads().stream().map(load -> format("%.2f", load)).toList()));
    peers();
    for (Limits limits : content.limits()) {
      roofline(limits);
    }
    List<Integer> counts = content.results().stream().map(Measured::threads).distinct().toList();
    for (int count : counts) {
      bars(count);
    }
    threads(counts);
    kernels();
    targets(counts);
    collectives();
    if (!content.scaling().isEmpty()) {
      page.heading("Mixture-of-Experts layer and training step over devices");
      ScalingPicture.draw(page, content.scaling());
    }
    table();
    return page.html();
  }

  private void peers() {
    if (content.peers().isEmpty()) {
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("peer", "version", "kernels that it chose"));
    content.peers().forEach(p -> rows.add(List.of(p.name(), p.version(), p.kernel())));
    page.table(rows, true);
  }

  private static String threads(int count) {
    return count == 1 ? "one thread" : count + " threads";
  }

  /** FLOPs a byte against FLOP/s, both logarithmic, under what the machine does. */
  private void roofline(Limits limits) {
    List<Measured> with =
        content.results().stream()
            .filter(r -> r.threads() == limits.threads() && r.subject().flops() > 0)
            .toList();
    if (with.isEmpty()) {
      return;
    }
    page.heading("Roofline, " + threads(limits.threads()));
    double bandwidth =
        limits.bytes().values().stream().mapToDouble(Double::doubleValue).min().orElse(GIGA);
    double fastest =
        limits.bytes().values().stream().mapToDouble(Double::doubleValue).max().orElse(GIGA);
    double least = with.stream().mapToDouble(BenchPage::intensity).min().orElse(1) / 2;
    double most = with.stream().mapToDouble(BenchPage::intensity).max().orElse(1) * 2;
    double lowest = with.stream().mapToDouble(BenchPage::rate).min().orElse(1) / 2;
    Log x =
        new Log(least, Math.max(most, 2 * limits.flops() / bandwidth), MARGIN, SvgPage.WIDTH - 20);
    Log y = new Log(lowest, 2 * limits.flops(), HEIGHT - MARGIN, 10);
    page.open(HEIGHT, "roofline, " + threads(limits.threads()));
    axes(x, y);
    for (double rate : bandwidth == fastest ? List.of(bandwidth) : List.of(bandwidth, fastest)) {
      double ridge = limits.flops() / rate;
      double from = Math.max(x.least(), y.least() / rate);
      page.path(
          List.of(
              new double[] {x.at(from), y.at(from * rate)},
              new double[] {x.at(ridge), y.at(limits.flops())},
              new double[] {x.at(x.most()), y.at(limits.flops())}),
          "real");
      double half = Math.sqrt(from * ridge);
      page.text(
          x.at(half) + (rate == bandwidth ? 10 : -6),
          Math.max(22, y.at(half * rate)),
          rate == bandwidth ? "start" : "end",
          format("%.1f GB/s", rate / GIGA));
    }
    page.text(
        SvgPage.WIDTH - 24,
        y.at(limits.flops()) - 6,
        "end",
        format("%.1f GFLOP/s", limits.flops() / GIGA));
    for (Measured each : with) {
      double work = each.subject().flops();
      page.line(
          x.at(intensity(each)),
          y.at(work / each.upper()),
          x.at(intensity(each)),
          y.at(work / each.lower()),
          "axis");
      page.dot(
          x.at(intensity(each)),
          y.at(rate(each)),
          4,
          each.limit() == Measured.Limit.FLOPS ? "compute" : "collective",
          format(
              "%s: %.1f GFLOP/s, %.0f %% of its limit",
              each.subject().id(), rate(each) / GIGA, 100 * each.share()));
    }
    page.close();
    page.paragraph(
        "A dot is a case, its line half of its rounds; blue ones are bound by multiply-adds, red ones by"
            + " memory. The lower slope is the slowest memory, the upper one the fastest cache.");
  }

  private void axes(Log x, Log y) {
    page.line(MARGIN, HEIGHT - MARGIN, SvgPage.WIDTH - 20, HEIGHT - MARGIN, "axis");
    page.line(MARGIN, 10, MARGIN, HEIGHT - MARGIN, "axis");
    for (double tick : x.ticks()) {
      page.line(x.at(tick), 10, x.at(tick), HEIGHT - MARGIN, "grid");
      page.text(x.at(tick), HEIGHT - MARGIN + 16, "middle", plain(tick));
    }
    for (double tick : y.ticks()) {
      page.line(MARGIN, y.at(tick), SvgPage.WIDTH - 20, y.at(tick), "grid");
      page.text(MARGIN - 6, y.at(tick) + 4, "end", plain(tick / GIGA));
    }
    page.text(SvgPage.WIDTH - 20, HEIGHT - MARGIN + 34, "end", "FLOP a byte; GFLOP/s upwards");
  }

  private static String plain(double value) {
    return value >= 1 ? format("%.0f", value) : format("%.3g", value);
  }

  private static double intensity(Measured result) {
    return result.subject().flops() / result.subject().bytes();
  }

  private static double rate(Measured result) {
    return result.subject().flops() / result.seconds();
  }

  /** A logarithmic axis between two places. */
  private record Log(double least, double most, double from, double to) {
    double at(double value) {
      double share = Math.log(value / least) / Math.log(most / least);
      return from + Math.clamp(share, 0, 1) * (to - from);
    }

    /** Powers of ten. */
    List<Double> ticks() {
      List<Double> ticks = new ArrayList<>();
      for (double tick = Math.pow(10, Math.ceil(Math.log10(least))); tick <= most; tick *= 10) {
        ticks.add(tick);
      }
      return ticks;
    }
  }

  /** Each peer's time over ours with its interval, a row a case and peer. */
  private void bars(int count) {
    List<Measured> with =
        content.results().stream()
            .filter(r -> r.threads() == count && !r.peers().isEmpty())
            .toList();
    if (with.isEmpty()) {
      return;
    }
    page.heading("Peers' time over ours, " + threads(count));
    int rows = with.stream().mapToInt(r -> r.peers().size()).sum();
    page.open(rows * ROW + 30, "peers' time over ours, " + threads(count));
    double one = ratio(1);
    int row = 0;
    for (Measured result : with) {
      for (Measured.Peer peer : result.peers()) {
        double top = row * ROW + 3.0;
        boolean won = peer.ratio().median() >= 1;
        page.text(LEFT - 6, top + 11, "end", result.subject().id() + ", " + peer.name());
        double end = ratio(peer.ratio().median());
        page.rect(
            Math.min(one, end),
            top,
            Math.abs(end - one),
            ROW - 6,
            won ? "good" : "collective",
            BenchReport.peer(peer));
        double middle = top + ROW / 2.0 - 3;
        page.line(ratio(peer.ratio().low()), middle, ratio(peer.ratio().high()), middle, "axis");
        page.text(
            SvgPage.WIDTH - 4,
            top + 11,
            "end",
            format(
                "%.2f [%.2f, %.2f]",
                peer.ratio().median(), peer.ratio().low(), peer.ratio().high()));
        row++;
      }
    }
    page.line(one, 0, one, rows * ROW, "axis");
    page.text(one, rows * ROW + 16, "middle", "as fast");
    page.close();
  }

  /** A quarter to four times as long, logarithmic. */
  private static double ratio(double value) {
    double share =
        Math.log(Math.clamp(value, 1 / LARGEST_RATIO, LARGEST_RATIO)) / Math.log(LARGEST_RATIO);
    double wide = SvgPage.WIDTH - LEFT - 140;
    return LEFT + (share + 1) / 2 * wide;
  }

  /** One thread's time over that of more. */
  private void threads(List<Integer> counts) {
    if (counts.size() < 2 || !counts.contains(1)) {
      return;
    }
    page.heading("Scaling over threads");
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("case"));
    counts.forEach(count -> head.add(threads(count)));
    rows.add(head);
    Map<String, Map<Integer, Measured>> cases = new LinkedHashMap<>();
    content
        .results()
        .forEach(
            r ->
                cases
                    .computeIfAbsent(r.subject().id(), _ -> new LinkedHashMap<>())
                    .put(r.threads(), r));
    cases.forEach(
        (id, byThreads) -> {
          Optional<Measured> single = Optional.ofNullable(byThreads.get(1));
          if (single.isPresent() && byThreads.size() == counts.size()) {
            List<String> row = new ArrayList<>(List.of(id));
            byThreads
                .values()
                .forEach(r -> row.add(format("%.2f", single.get().seconds() / r.seconds())));
            rows.add(row);
          }
        });
    page.table(rows, true);
  }

  private void kernels() {
    if (content.kernels().isEmpty()) {
      return;
    }
    page.heading("The kernels' own cases");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("kernel", "threads", "value", "95 % interval", "wanted", ""));
    for (KernelCase.Result r : content.kernels()) {
      rows.add(
          List.of(
              r.subject().path(),
              Integer.toString(r.threads()),
              format("%.4g %s", r.value().median(), r.subject().unit()),
              format("%.4g to %.4g", r.value().low(), r.value().high()),
              format(
                  "%s %.4g", r.subject().atMost() ? "at most" : "at least", r.subject().wanted()),
              r.verdict().toString()));
    }
    page.table(rows, true);
  }

  private void targets(List<Integer> counts) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("target", "threads", "reached", "wanted", "least", ""));
    for (Target target : Target.all()) {
      for (int count : counts) {
        target
            .outcome(content.results(), count)
            .ifPresent(
                o ->
                    rows.add(
                        List.of(
                            target.name(),
                            Integer.toString(o.threads()),
                            format("%.3f", o.reached()),
                            format("%.2f", target.wanted()),
                            o.least(),
                            o.verdict().toString())));
      }
    }
    if (rows.size() > 1) {
      page.heading("Targets");
      page.paragraph(
          "A target is met if the median reaches it, within noise if only its interval does.");
      page.table(rows, true);
    }
  }

  private void collectives() {
    if (content.links().isEmpty()) {
      return;
    }
    LinkFit fit = content.links().get();
    page.heading("Collectives of virtual devices against size");
    List<Residual> all = fit.residuals();
    double most = all.stream().mapToDouble(Residual::measuredSeconds).max().orElse(1);
    double least = all.stream().mapToDouble(Residual::measuredSeconds).min().orElse(1) / 4;
    Log scale = new Log(least, most, 0, SvgPage.WIDTH - 2.0 * LEFT - 190);
    page.open(all.size() * ROW + 6, "collectives against size, measured and by one fitted link");
    for (int i = 0; i < all.size(); i++) {
      Residual each = all.get(i);
      page.text(2 * LEFT - 6, i * ROW + 14, "end", shortened(each.what()));
      page.rect(
          2 * LEFT, i * ROW + 3, scale.at(each.measuredSeconds()), ROW - 6, "compute", each.what());
      double at = 2 * LEFT + scale.at(each.predictedSeconds());
      page.line(at, i * ROW + 1, at, i * ROW + ROW - 1, "dashed");
      page.text(
          SvgPage.WIDTH - 4,
          i * ROW + 14,
          "end",
          format(
              "%.1f us, by the fit %.1f",
              1e6 * each.measuredSeconds(), 1e6 * each.predictedSeconds()));
    }
    page.close();
    page.paragraph(
        "one link for all: "
            + fit.link()
            + "; the dashes are its prediction; lengths are logarithmic");
  }

  private static String shortened(String what) {
    int mesh = what.indexOf(", mesh");
    return mesh < 0 ? what : what.substring(0, mesh);
  }

  private void table() {
    if (content.results().isEmpty()) {
      return;
    }
    page.heading("All cases");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("case", "threads", "ours", "rate", "share of limit", "peers"));
    for (Measured r : content.results()) {
      rows.add(
          List.of(
              r.subject().id(),
              Integer.toString(r.threads()),
              BenchReport.time(r.seconds()),
              BenchReport.rate(r),
              format("%.1f %% of %s", 100 * r.share(), r.limit().name().toLowerCase(Locale.ROOT)),
              String.join(", ", r.peers().stream().map(BenchReport::peer).toList())));
    }
    page.table(rows, true);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
