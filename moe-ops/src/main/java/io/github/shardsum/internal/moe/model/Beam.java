package io.github.shardsum.internal.moe.model;

import io.github.shardsum.moe.model.Decoding.Sentence;
import io.github.shardsum.moe.model.TransformerSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The hypotheses of a batch of sentences in beam search. */
public final class Beam {
  private static final double LENGTH_OFFSET = 5;
  private static final double LENGTH_POWER = 0.6;

  private final int batch;
  private final int width;
  private final int limit;
  private final List<List<Hypothesis>> beams = new ArrayList<>();
  private int step;

  /**
   * A hypothesis.
   *
   * @param tokens the tokens so far, including the end token
   * @param places for each step, the place in the beam whose keys and values the hypothesis attends
   *     to
   */
  private record Hypothesis(
      List<Integer> tokens, List<Integer> places, double score, boolean ended) {
    static Hypothesis empty() {
      return new Hypothesis(List.of(), List.of(), 0, false);
    }

    Hypothesis with(int token, int place, double logProbability) {
      List<Integer> longer = new ArrayList<>(tokens);
      longer.add(token);
      List<Integer> path = new ArrayList<>(places);
      path.add(place);
      return new Hypothesis(longer, path, score + logProbability, token == TransformerSpec.END);
    }

    double normalized() {
      return score / Math.pow((LENGTH_OFFSET + tokens.size()) / (LENGTH_OFFSET + 1), LENGTH_POWER);
    }

    Sentence sentence() {
      return new Sentence(ended ? tokens.subList(0, tokens.size() - 1) : tokens, ended, score);
    }
  }

  /**
   * Beams of one empty hypothesis each.
   *
   * @param batch rows of the programs
   * @param sentences number of rows that are sentences; the others are padding
   * @param width hypotheses of a sentence
   * @param limit the largest number of steps
   */
  public Beam(int batch, int sentences, int width, int limit) {
    this.batch = batch;
    this.width = width;
    this.limit = limit;
    for (int i = 0; i < sentences; i++) {
      beams.add(List.of(Hypothesis.empty()));
    }
  }

  /** The number of steps so far, which is the position of the next token. */
  public int step() {
    return step;
  }

  /** Whether some hypothesis has not ended. */
  public boolean goesOn() {
    return step < limit
        && beams.stream().anyMatch(beam -> beam.stream().anyMatch(each -> !each.ended()));
  }

  /**
   * The last token of each hypothesis, {@code [B, X]}; padding if there is no hypothesis or it has
   * ended.
   */
  public int[] tokens() {
    int[] tokens = new int[batch * width];
    for (int b = 0; b < beams.size(); b++) {
      List<Hypothesis> beam = beams.get(b);
      for (int x = 0; x < beam.size(); x++) {
        if (!beam.get(x).ended()) {
          tokens[b * width + x] =
              step == 0 ? TransformerSpec.BEGIN : beam.get(x).tokens().getLast();
        }
      }
    }
    return tokens;
  }

  /** Marks the cached positions that each hypothesis attends to, {@code [B, X, T, X]}. */
  public byte[] visible() {
    byte[] visible = new byte[batch * width * limit * width];
    for (int b = 0; b < beams.size(); b++) {
      List<Hypothesis> beam = beams.get(b);
      for (int x = 0; x < beam.size(); x++) {
        int row = (b * width + x) * limit * width;
        List<Integer> places = beam.get(x).places();
        for (int t = 0; t < places.size(); t++) {
          visible[row + t * width + places.get(t)] = 1;
        }
        visible[row + step * width + x] = 1;
      }
    }
    return visible;
  }

  /**
   * Extends the hypotheses by the results of a step.
   *
   * @param scores log-probabilities {@code [B, X, K]}
   * @param tokens {@code [B, X, K]}
   */
  public void advance(double[] scores, long[] tokens) {
    int choices = scores.length / (batch * width);
    for (int b = 0; b < beams.size(); b++) {
      List<Hypothesis> beam = beams.get(b);
      List<Hypothesis> candidates = new ArrayList<>();
      for (int x = 0; x < beam.size(); x++) {
        Hypothesis hypothesis = beam.get(x);
        if (hypothesis.ended()) {
          candidates.add(hypothesis);
          continue;
        }
        for (int k = 0; k < choices; k++) {
          int at = (b * width + x) * choices + k;
          candidates.add(hypothesis.with((int) tokens[at], x, scores[at]));
        }
      }
      candidates.sort(Comparator.comparingDouble(Hypothesis::score).reversed());
      beams.set(b, List.copyOf(candidates.subList(0, Math.min(width, candidates.size()))));
    }
    step++;
  }

  /**
   * The hypotheses of each sentence, the best first: ended ones before others, then by normalized
   * score.
   */
  public List<List<Sentence>> sentences() {
    Comparator<Hypothesis> order =
        Comparator.comparing(Hypothesis::ended)
            .thenComparingDouble(Hypothesis::normalized)
            .reversed();
    return beams.stream()
        .map(beam -> beam.stream().sorted(order).map(Hypothesis::sentence).toList())
        .toList();
  }
}
