package io.github.shardsum.lab.train;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.train.data.Corpus;
import io.github.shardsum.cli.train.data.JdkPairs;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.PairFile;
import io.github.shardsum.cli.train.data.PairSplit;
import io.github.shardsum.cli.train.data.SentenceCorpus;
import io.github.shardsum.cli.train.score.ChrF;
import io.github.shardsum.cli.train.score.LanguageTable;
import io.github.shardsum.cli.train.score.TranslationEvaluation;
import io.github.shardsum.cli.train.score.TranslationPredictor;
import io.github.shardsum.exec.Workers;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code baselines}: how well simpler systems translate what {@code train} holds back. */
@Command(
    name = "baselines",
    description = "Print how well baselines translate the pairs that shardsum train holds back.")
public final class BaselinesCommand implements Callable<Integer> {
  private static final int NAMES = 1600;
  private static final int OTHERS = 400;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "A file of pairs as of train --data, instead of the JDK's.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--corpus",
      paramLabel = "DIR",
      description = "A folder of shardsum corpus make, as of train --corpus.")
  private Optional<Path> folder = Optional.empty();

  @Option(names = "--quick", description = "Ten of the JDK's languages instead of all.")
  private boolean quick;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (Workers workers = Workers.ofProcessors()) {
      Corpus corpus =
          folder.isPresent() ? SentenceCorpus.read(folder.get()) : Corpus.of(pairs(workers));
      Map<PairSplit, Integer> samples = new LinkedHashMap<>();
      PairSplit.HELD_BACK.forEach(
          split ->
              samples.put(
                  split,
                  split == PairSplit.NAMES || split == PairSplit.SENTENCES ? NAMES : OTHERS));
      TranslationEvaluation evaluation = new TranslationEvaluation(corpus, samples);
      Map<String, Supplier<TranslationPredictor>> systems =
          folder.isPresent() ? ofSentences(corpus.training()) : systems(corpus.training(), workers);
      systems.forEach(
          (name, system) -> {
            evaluation.add(name, system.get());
            print(name, evaluation, out);
          });
      LanguageTable.print(evaluation, corpus, out);
    }
    return 0;
  }

  /** The baselines for sentences of a corpus, by name. */
  static Map<String, Supplier<TranslationPredictor>> ofSentences(List<Pair> training) {
    Map<String, Supplier<TranslationPredictor>> systems = new LinkedHashMap<>();
    systems.put("copy", BaselinesCommand::copy);
    systems.put("nearest neighbour", () -> new ByLanguage(training, NearestNeighbour::new));
    systems.put("IBM model 1", () -> new ByLanguage(training, IbmModel1::new));
    return systems;
  }

  private static TranslationPredictor copy() {
    return sources -> sources.stream().map(TranslationPredictor.Source::text).toList();
  }

  private List<Pair> pairs(Workers workers) throws IOException {
    if (file.isPresent()) {
      return PairFile.read(file.get());
    }
    return quick
        ? JdkPairs.gather(JdkPairs.FEW, workers, _ -> {})
        : JdkPairs.load(
            JdkPairs.file(System.getenv(), System.getProperty("user.home", "")),
            workers,
            _ -> {},
            _ -> {});
  }

  /** The baselines by name; each learns when it is asked for. */
  static Map<String, Supplier<TranslationPredictor>> systems(List<Pair> training, Workers workers) {
    Map<String, Supplier<TranslationPredictor>> systems = new LinkedHashMap<>();
    systems.put("copy", BaselinesCommand::copy);
    systems.put("nearest neighbour", () -> new NearestNeighbour(training));
    systems.put("templates", () -> new TemplateBaseline(training, false));
    systems.put("with lexicon", () -> new TemplateBaseline(training, true));
    systems.put("n-gram classifier", () -> new GramClassifier(training, workers));
    return systems;
  }

  private static void print(String system, TranslationEvaluation evaluation, PrintWriter out) {
    for (PairSplit split : PairSplit.HELD_BACK) {
      ChrF score = evaluation.score(system, split, _ -> true);
      if (score.texts() > 0) {
        out.print(
            format(
                "%-18s %-10s %5d texts, exact %5.1f %%, BLEU %5.1f, chrF %5.1f%n",
                system,
                split,
                score.texts(),
                100 * score.exact(),
                100 * evaluation.bleu(system, split, _ -> true).score(),
                100 * score.score()));
      }
    }
    out.flush();
  }

  /**
   * A baseline that learns each language for itself, one after the other, so that only one is in
   * memory.
   *
   * @param training the pairs of all languages
   * @param learn learns one language
   */
  record ByLanguage(List<Pair> training, Function<List<Pair>, TranslationPredictor> learn)
      implements TranslationPredictor {
    @Override
    public List<String> translate(List<Source> sources) {
      Map<String, List<Pair>> pairs =
          training.stream().collect(Collectors.groupingBy(Pair::language));
      Map<Source, String> texts = new HashMap<>();
      sources.stream()
          .distinct()
          .collect(Collectors.groupingBy(Source::language))
          .forEach(
              (language, some) -> {
                List<String> translated =
                    learn.apply(pairs.getOrDefault(language, List.of())).translate(some);
                for (int i = 0; i < some.size(); i++) {
                  texts.put(some.get(i), translated.get(i));
                }
              });
      return sources.stream().map(source -> Objects.requireNonNull(texts.get(source))).toList();
    }
  }
}
