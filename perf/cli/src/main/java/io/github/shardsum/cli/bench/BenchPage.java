package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.bench.peer.PeerVersion;
import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.picture.Unit;
import io.github.shardsum.topology.LinkFit;
import io.github.shardsum.topology.Residual;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Results as one page. */
final class BenchPage {
  private static final int LEFT = 250;
  private static final int ROW = 18;

  /** Width of a ratio with its interval, as wide as 188.08 [186.68, 190.84]. */
  private static final int FIGURES = 172;

  /** Ratios beyond this one are drawn at the edge. */
  private static final double LARGEST_RATIO = 4;

  /**
   * The machine's limits with a number of threads.
   *
   * @param flops FLOPs a second of multiply-adds in f32
   * @param bytes bytes a second, by operation and level of memory
   */
  record Limits(int threads, double flops, Map<String, Double> bytes) {}

  /**
   * The measurements of a page.
   *
   * @param links collectives of virtual devices against size, if they were measured
   */
  record Content(
      List<BenchMeasurement> results,
      List<KernelCase.Result> kernels,
      List<PeerVersion> peers,
      String machine,
      List<Double> loads,
      List<Limits> limits,
      Optional<LinkFit> links) {
    List<BenchTable> tables() {
      return BenchTable.all(results, kernels, peers);
    }
  }

  private final Page page = new Page("shardsum bench");
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
    for (Limits limits : content.limits()) {
      roofline(limits);
    }
    List<Integer> counts =
        content.results().stream().map(BenchMeasurement::threads).distinct().toList();
    for (int count : counts) {
      bars(count);
    }
    threads(counts);
    collectives();
    for (BenchTable table : content.tables()) {
      page.heading(table.heading());
      List<List<String>> rows = new ArrayList<>(List.of(table.head()));
      rows.addAll(table.rows());
      page.table(rows, Set.of(0, table.head().size() - 1));
    }
    return page.html();
  }

  /** FLOPs a byte against FLOP/s, under the machine's limits. */
  private void roofline(Limits limits) {
    List<RooflinePicture.Dot> dots =
        content.results().stream()
            .filter(r -> r.threads() == limits.threads() && r.subject().flops() > 0)
            .map(BenchPage::dot)
            .toList();
    if (dots.isEmpty()) {
      return;
    }
    page.heading("Roofline, " + BenchTable.threads(limits.threads()));
    page.picture(
        RooflinePicture.of(
            "roofline, " + BenchTable.threads(limits.threads()),
            dots,
            limits.flops(),
            limits.bytes().values()));
    page.paragraph(
        "Each dot is a case, and its line covers the middle half of the case's rounds."
            + " Multiply-adds bound the blue cases, memory bounds the red ones. The solid slope is"
            + " the slowest memory, the dashed one the fastest cache.");
  }

  private static RooflinePicture.Dot dot(BenchMeasurement result) {
    double work = result.subject().flops();
    return new RooflinePicture.Dot(
        result.subject().id(),
        work / result.subject().bytes(),
        work / result.seconds(),
        work / result.upper(),
        work / result.lower(),
        result.limit() == BenchMeasurement.Limit.FLOPS,
        result.share());
  }

  /** Each peer's time over ours with its interval, a row a case and peer. */
  private void bars(int count) {
    List<BenchMeasurement> with =
        content.results().stream()
            .filter(r -> r.threads() == count && !r.peers().isEmpty())
            .toList();
    if (with.isEmpty()) {
      return;
    }
    page.heading("Peers' time over ours, " + BenchTable.threads(count));
    int rows = with.stream().mapToInt(r -> r.peers().size()).sum();
    Picture picture =
        new Picture(
            Picture.WIDTH, rows * ROW + 30, "peers' time over ours, " + BenchTable.threads(count));
    double one = ratio(1);
    int row = 0;
    for (BenchMeasurement result : with) {
      for (BenchMeasurement.Peer peer : result.peers()) {
        bar(picture, row++ * ROW + 3.0, result.subject().id(), peer);
      }
    }
    picture.line(one, 0, one, rows * ROW, Ink.AXIS);
    picture.text(one, rows * ROW + 16, Anchor.MIDDLE, "as fast");
    page.picture(picture);
  }

  private static void bar(Picture picture, double top, String id, BenchMeasurement.Peer peer) {
    double one = ratio(1);
    double end = ratio(peer.ratio().median());
    Ink ink = peer.ratio().median() >= 1 ? Ink.GREEN : Ink.RED;
    picture.text(LEFT - 6, top + 11, Anchor.END, id + ", " + peer.name());
    picture.rect(
        Math.min(one, end), top, Math.abs(end - one), ROW - 6, ink, BenchReport.peer(peer));
    double middle = top + ROW / 2.0 - 3;
    picture.line(ratio(peer.ratio().low()), middle, ratio(peer.ratio().high()), middle, Ink.AXIS);
    picture.text(
        Picture.WIDTH - 4,
        top + 11,
        Anchor.END,
        format(
            "%.2f [%.2f, %.2f]", peer.ratio().median(), peer.ratio().low(), peer.ratio().high()));
  }

  /** The place of a ratio on a logarithmic axis from a quarter to four times as long. */
  private static double ratio(double value) {
    double share =
        Math.log(Math.clamp(value, 1 / LARGEST_RATIO, LARGEST_RATIO)) / Math.log(LARGEST_RATIO);
    double wide = Picture.WIDTH - LEFT - FIGURES;
    return LEFT + (share + 1) / 2 * wide;
  }

  /** Time on one thread over time on several threads. */
  private void threads(List<Integer> counts) {
    if (counts.size() < 2 || !counts.contains(1)) {
      return;
    }
    page.heading("Scaling over threads");
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("case"));
    counts.forEach(count -> head.add(BenchTable.threads(count)));
    rows.add(head);
    Map<String, Map<Integer, BenchMeasurement>> cases = new LinkedHashMap<>();
    content
        .results()
        .forEach(
            r ->
                cases
                    .computeIfAbsent(r.subject().id(), _ -> new LinkedHashMap<>())
                    .put(r.threads(), r));
    cases.forEach(
        (id, byThreads) -> {
          Optional<BenchMeasurement> single = Optional.ofNullable(byThreads.get(1));
          if (single.isPresent() && byThreads.size() == counts.size()) {
            List<String> row = new ArrayList<>(List.of(id));
            byThreads
                .values()
                .forEach(r -> row.add(format("%.2f", single.get().seconds() / r.seconds())));
            rows.add(row);
          }
        });
    page.table(rows);
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
    Axis scale = Axis.logarithmic("", Unit.SECONDS, least, most, 2.0 * LEFT, Picture.WIDTH - 190);
    Picture picture =
        new Picture(
            Picture.WIDTH,
            all.size() * ROW + 6,
            "collectives against size, measured and by one fitted link");
    for (int i = 0; i < all.size(); i++) {
      Residual each = all.get(i);
      double top = i * ROW + 3;
      double wide = scale.at(each.measuredSeconds()) - scale.from();
      double at = scale.at(each.predictedSeconds());
      picture.text(2 * LEFT - 6, top + 11, Anchor.END, shortened(each.what()));
      picture.rect(scale.from(), top, wide, ROW - 6, Ink.BLUE, each.what());
      picture.path(
          List.of(new double[] {at, top - 2}, new double[] {at, top + ROW - 4}), Ink.RED, true);
      picture.text(
          Picture.WIDTH - 4,
          top + 11,
          Anchor.END,
          Unit.SECONDS.text(each.measuredSeconds())
              + ", by the fit "
              + Unit.SECONDS.text(each.predictedSeconds()));
    }
    page.picture(picture);
    page.paragraph(
        "One link was fitted to all of them: "
            + fit.link()
            + ". The dashes are its predictions; lengths are logarithmic.");
  }

  private static String shortened(String what) {
    int mesh = what.indexOf(", mesh");
    return mesh < 0 ? what : what.substring(0, mesh);
  }
}
