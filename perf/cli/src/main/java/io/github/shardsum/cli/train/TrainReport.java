package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.train.data.Corpus;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.PairSplit;
import io.github.shardsum.cli.train.data.TextHash;
import io.github.shardsum.cli.train.data.TokenizedPairs;
import io.github.shardsum.cli.train.data.Tokenizer;
import io.github.shardsum.cli.train.score.ChrF;
import io.github.shardsum.cli.train.score.TranslationEvaluation;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Training;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** The text that a training prints. */
final class TrainReport {
  static final int SAMPLES = 12;

  private final PrintWriter out;

  TrainReport(PrintWriter out) {
    this.out = out;
  }

  void data(Corpus corpus, Tokenizer tokenizer, TokenizedPairs examples) {
    long phrases = corpus.training().stream().filter(pair -> pair.kind().isPhrase()).count();
    long sentences =
        corpus.training().stream().filter(pair -> pair.kind() == Pair.Kind.SENTENCE).count();
    out.print(
        format(
            "to learn from: languages %d, %s, examples %d, tokens in the vocabulary %d;"
                + " checksum %s%n",
            corpus.languages().size(),
            sentences > 0
                ? "sentences " + sentences
                : format("names %d, phrases %d", corpus.training().size() - phrases, phrases),
            examples.size(),
            tokenizer.size(),
            corpus.fingerprint()));
    out.print(
        format(
            "held back: %s%n",
            corpus.heldBack().isEmpty()
                ? "nothing"
                : PairSplit.HELD_BACK.stream()
                    .map(split -> split + " " + corpus.sample(split, Integer.MAX_VALUE).size())
                    .collect(Collectors.joining(", "))));
    out.flush();
  }

  /** Prints one line for each given system. */
  void scores(TranslationEvaluation evaluation, List<String> systems) {
    if (evaluation.texts() == 0) {
      return;
    }
    for (String system : systems) {
      List<String> parts = new ArrayList<>();
      for (PairSplit split : PairSplit.HELD_BACK) {
        if (!evaluation.items(split).isEmpty()) {
          ChrF score = evaluation.score(system, split, _ -> true);
          parts.add(format("%s %.1f %.1f", split, 100 * score.exact(), 100 * score.score()));
        }
      }
      out.print(format("%-18s %s%n", system, "% exact, chrF: " + String.join("; ", parts)));
    }
    out.flush();
  }

  /** Names by family: exact and chrF of every system. */
  void families(TranslationEvaluation evaluation, PairSplit split) {
    List<TranslationEvaluation.Row> rows = evaluation.rows(split);
    if (rows.isEmpty()) {
      return;
    }
    List<String> systems = evaluation.systems();
    out.print(format("%n%s, %% exact and chrF%n", split));
    out.print(
        format(
            "%-28s %6s%s%n",
            "family",
            "texts",
            systems.stream().map(name -> format("  %18s", name)).collect(Collectors.joining())));
    for (TranslationEvaluation.Row row : rows) {
      StringBuilder line = new StringBuilder();
      for (String system : systems) {
        ChrF score = evaluation.score(system, split, row.languages());
        line.append(format("  %10.1f %7.1f", 100 * score.exact(), 100 * score.score()));
      }
      int texts = evaluation.score(systems.getFirst(), split, row.languages()).texts();
      out.print(format("%-28s %6d%s%n", row.name(), texts, line));
    }
    out.flush();
  }

  /** A sample. */
  record Sample(Corpus.Item item, String text) {
    /** Whether the translation is one of the references. */
    boolean isRight() {
      return item.references().contains(text);
    }

    /** {@code right} or {@code wrong}. */
    String mark() {
      return isRight() ? "right" : "wrong";
    }

    /** The references, as a report shows them. */
    String references() {
      return String.join(" or ", item.references());
    }
  }

  /**
   * A few held-back texts with their translations, right or wrong. Hashes of the texts choose them
   * from all kinds together, so a small kind may have none.
   */
  static List<Sample> samples(TranslationEvaluation evaluation, String system) {
    List<Sample> samples = new ArrayList<>();
    for (PairSplit split : PairSplit.HELD_BACK) {
      List<Corpus.Item> items = evaluation.items(split);
      for (int i = 0; i < items.size(); i++) {
        samples.add(new Sample(items.get(i), evaluation.texts(system, split).get(i)));
      }
    }
    return samples.stream()
        .sorted(
            Comparator.comparingLong(sample -> TextHash.of("shown", sample.item().pair().source())))
        .limit(SAMPLES)
        .toList();
  }

  void samples(List<Sample> samples) {
    out.print(format("%nsamples chosen by hash%n"));
    for (Sample sample : samples) {
      out.print(
          format(
              "%-5s %-3s %s -> %s%s%n",
              sample.mark(),
              sample.item().pair().language(),
              sample.item().pair().source(),
              sample.text(),
              sample.isRight() ? "" : " (" + sample.references() + ")"));
    }
    out.flush();
  }

  /** Prints how evenly each router used its experts in the last steps. */
  void load(TrainHistory history) {
    history
        .loads()
        .forEach(
            (layer, loads) -> {
              List<Long> last = loads.getLast().tokens();
              double sum = last.stream().mapToLong(Long::longValue).sum();
              double most = last.stream().mapToLong(Long::longValue).max().orElse(0);
              long unused = last.stream().filter(tokens -> tokens == 0).count();
              double entropy =
                  last.stream()
                      .filter(tokens -> tokens > 0)
                      .mapToDouble(tokens -> -tokens / sum * Math.log(tokens / sum))
                      .sum();
              out.print(
                  format(
                      "%-24s largest load %.2f of the mean, %d experts without tokens,"
                          + " entropy %.2f of %.2f%n",
                      layer, most * last.size() / sum, unused, entropy, Math.log(last.size())));
            });
    out.flush();
  }

  /** The share of the last steps' choices that found their expert full, for a model with slots. */
  void dropped(TrainHistory history) {
    List<TrainHistory.Point> points = history.curves().getOrDefault(Trainer.DROPPED, List.of());
    List<TrainHistory.Point> last =
        points.subList(Math.max(0, points.size() - TrainHistory.LOAD_STEPS), points.size());
    if (!last.isEmpty()) {
      out.print(
          format(
              "%-24s %.1f %% of the choices of the last %d steps found their expert full%n",
              "dropped",
              100 * last.stream().mapToDouble(TrainHistory.Point::value).average().orElseThrow(),
              last.size()));
      out.flush();
    }
  }

  /** Loads of the last steps by the devices that experts are split over. */
  void deviceLoad(TrainHistory history, MeshAxes axes) {
    String over = String.join(" and ", axes.experts());
    history
        .loads()
        .forEach(
            (layer, loads) -> {
              List<Long> last =
                  TrainDeviceLoads.of(List.of(loads.getLast()), axes).getFirst().tokens();
              double sum = Math.max(1, last.stream().mapToLong(Long::longValue).sum());
              long most = last.stream().mapToLong(Long::longValue).max().orElse(0);
              long idle = Math.max(0, last.size() - loads.getLast().tokens().size());
              out.print(
                  format(
                      "%-24s by device over %s: %s %%; largest load %.2f of the mean%s%n",
                      layer,
                      over,
                      last.stream()
                          .map(tokens -> format("%.1f", 100 * tokens / sum))
                          .collect(Collectors.joining(" ")),
                      most * last.size() / sum,
                      idle == 0 ? "" : format(", %d devices without an expert", idle)));
            });
    out.flush();
  }

  /** Text such as {@code a step on the mesh: 96 collectives, ...}. */
  static String step(Training.Traffic traffic) {
    return format(
        "a step on the mesh: %d collectives, %,d bytes received and at most %,d held"
            + " by the largest device, as planned",
        traffic.collectives(), traffic.receivedBytes(), traffic.heldBytes());
  }

  /**
   * Text such as {@code rows over x: 4 times a step the largest device sends 256 and receives at
   * most 512; the bound is 2 times what it sends}, and the number of pieces if there are several.
   */
  static String rows(Training.SentRows rows) {
    return format(
        "rows over %s: %d times a step the largest device sends %,d%s and receives at"
            + " most %,d; the bound is %s times what it sends",
        String.join(", ", rows.axes()),
        rows.steps(),
        rows.sent(),
        rows.pieces() == 1 ? "" : " in " + rows.pieces() + " pieces",
        rows.most(),
        BigDecimal.valueOf(rows.bound()).stripTrailingZeros().toPlainString());
  }

  /** Prints the traffic and memory of the last step on the mesh. */
  void mesh(Training.Traffic traffic) {
    out.println(step(traffic));
    traffic.rows().ifPresent(rows -> out.println(rows(rows)));
    for (Training.Kind kind : traffic.kinds()) {
      out.print(
          format(
              "  %-16s over %-8s %4d  %,14d bytes%n",
              kind.op(), String.join(", ", kind.axes()), kind.count(), kind.receivedBytes()));
    }
    out.flush();
  }
}
