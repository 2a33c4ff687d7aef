package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.cli.train.data.Corpus;
import io.github.shardsum.cli.train.data.JdkPairs;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.PairFile;
import io.github.shardsum.cli.train.data.PairSplit;
import io.github.shardsum.cli.train.data.SamplingShares;
import io.github.shardsum.cli.train.data.SentenceCorpus;
import io.github.shardsum.cli.train.data.TextHash;
import io.github.shardsum.cli.train.data.TokenizedPairs;
import io.github.shardsum.cli.train.data.Tokenizer;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.train.Training;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntConsumer;

/**
 * The data of a training.
 *
 * @param corpus the pairs to learn from, and those that are held back
 * @param tokenizer the words of the model
 * @param examples the pairs in tokens, in an order by the seed
 * @param seed the seed of parameters and order
 * @param accumulate the number of batches of a step
 */
record TrainData(
    Corpus corpus, Tokenizer tokenizer, TokenizedPairs examples, long seed, int accumulate) {
  private static final int VOCABULARY = 2048;

  /** The number of tokens for sentences of a corpus. */
  private static final int LARGE_VOCABULARY = 8000;

  /** The most texts from which merges are learnt. */
  private static final int TEXTS = 80_000;

  private static final int MEASURED = 512;

  /**
   * Gathers the pairs, and learns the tokenizer unless a checkpoint has one.
   *
   * @param last the checkpoint to go on from
   * @throws IllegalArgumentException if there is no pair to learn from
   */
  static TrainData of(
      TrainJob job, Optional<CheckpointFolder.Checkpoint> last, Workers workers, Progress progress)
      throws IOException {
    Corpus corpus = corpus(job.data(), workers, progress);
    progress.begin("learning the tokenizer", 1);
    Tokenizer tokenizer = last.isPresent() ? last.get().tokenizer() : tokenizer(corpus);
    long seed = job.seed().or(() -> last.map(CheckpointFolder.Checkpoint::seed)).orElse(1L);
    TokenizedPairs examples = new TokenizedPairs(corpus.training(), tokenizer, seed);
    if (examples.size() == 0) {
      throw wrongArgument(
          "data: must have a pair of at most %d tokens to learn from, got none: %d"
              + " are longer, and %d sources, a tenth by their hashes, are held back",
          TokenizedPairs.positions(),
          corpus.training().size(),
          corpus.heldBack().values().stream().mapToInt(List::size).sum());
    }
    progress.end();
    return new TrainData(corpus, tokenizer, examples, seed, job.accumulate());
  }

  private static Corpus corpus(TrainJob.Data data, Workers workers, Progress progress)
      throws IOException {
    if (data.corpus().isPresent()) {
      return SentenceCorpus.read(data.corpus().get());
    }
    List<Pair> pairs =
        data.file().isPresent()
            ? PairFile.read(data.file().get())
            : jdk(data.quick(), workers, progress);
    return data.whole() ? Corpus.whole(pairs) : Corpus.of(pairs);
  }

  private static List<Pair> jdk(boolean quick, Workers workers, Progress progress) {
    IntConsumer begin = languages -> progress.begin("gathering the JDK's names", languages);
    if (quick) {
      begin.accept(JdkPairs.FEW.size());
      List<Pair> few = JdkPairs.gather(JdkPairs.FEW, workers, progress::advance);
      progress.end();
      return few;
    }
    Path cache = JdkPairs.file(System.getenv(), System.getProperty("user.home", ""));
    List<Pair> pairs = JdkPairs.load(cache, workers, begin, progress::advance);
    progress.end();
    return pairs;
  }

  private static Tokenizer tokenizer(Corpus corpus) {
    boolean sentences =
        corpus.training().stream().anyMatch(pair -> pair.kind() == Pair.Kind.SENTENCE);
    SortedMap<String, List<Pair>> groups = new TreeMap<>();
    for (Pair pair : corpus.training()) {
      groups.computeIfAbsent(sentences ? pair.language() : "", _ -> new ArrayList<>()).add(pair);
    }
    SortedMap<String, Integer> sizes = new TreeMap<>();
    groups.forEach((language, pairs) -> sizes.put(language, pairs.size()));
    SortedMap<String, Integer> shares = SamplingShares.of(sizes, TEXTS / 2);
    List<String> texts = new ArrayList<>();
    groups.forEach(
        (language, pairs) ->
            pairs.stream()
                .sorted(
                    Comparator.comparingLong(
                        pair -> TextHash.of("tokenizer", pair.source(), pair.target())))
                .limit(shares.getOrDefault(language, 0))
                .forEach(pair -> texts.addAll(List.of(pair.source(), pair.target()))));
    return sentences
        ? Tokenizer.learn(texts, LARGE_VOCABULARY, 1)
        : Tokenizer.learn(texts, VOCABULARY, 2);
  }

  /** A model of this vocabulary. */
  Trainer.Model model(int experts, RouteOptions route, long seed) {
    return new Trainer.Model(
        TrainRun.spec(tokenizer.size(), experts).withRoute(route),
        tokenizer,
        seed,
        corpus.fingerprint(),
        accumulate);
  }

  /** Batches of held-back pairs on which losses are measured, by the name of the curve. */
  Map<String, List<Training.Batch>> measured() {
    Map<String, List<Training.Batch>> measured = new LinkedHashMap<>();
    measured(List.of(PairSplit.NAMES)).ifPresent(some -> measured.put("held-back names", some));
    measured(PairSplit.COMPOSED).ifPresent(some -> measured.put("held-back phrases", some));
    measured(List.of(PairSplit.SENTENCES))
        .ifPresent(some -> measured.put("held-out sentences", some));
    return measured;
  }

  /** Batches of samples of all these splits. */
  private Optional<List<Training.Batch>> measured(List<PairSplit> splits) {
    List<Pair> pairs =
        splits.stream()
            .flatMap(split -> corpus.sample(split, MEASURED / splits.size()).stream())
            .map(Corpus.Item::pair)
            .toList();
    List<Training.Batch> batches = new TokenizedPairs(pairs, tokenizer, 0).batches();
    return batches.isEmpty() ? Optional.empty() : Optional.of(batches);
  }
}
