package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.Optional;

/** Sums of the rows of each token, in the order of its choices. */
final class Combine {
  private static final int TASK_TOKENS = 64;

  private Combine() {}

  /**
   * out[token] = the sum of the rows of the token's choices that are sent; 0 if none is sent.
   *
   * @param rows {@code [R, M]}
   * @param out {@code [G, S, M]}
   */
  static <A> void run(ExpertRun<A> run, A rows, Tensor out) {
    ExpertsForm form = run.form();
    ExpertRowMath<A> math = run.math();
    Workers workers = run.workers();
    int[] rowOf = run.dispatch().rows();
    int tokens = form.groups() * form.tokens();
    int width = form.model();
    int slots = form.choices();
    Elements elements = Elements.of(out);
    Optional<A> result = out.stride(2) == 1 ? math.array(out) : Optional.empty();
    int tasks = Math.min(Math.ceilDiv(tokens, TASK_TOKENS), 4 * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> {
          A sum =
              result.orElseGet(
                  () -> math.array(scratch, ExpertScratchArray.TOKEN_SUM.slot(), width));
          int end = (int) ((long) tokens * (task + 1) / tasks);
          for (int token = (int) ((long) tokens * task / tasks); token < end; token++) {
            int first = next(rowOf, token * slots, (token + 1) * slots);
            int second = next(rowOf, first + 1, (token + 1) * slots);
            long at = token / form.tokens() * out.stride(0) + token % form.tokens() * out.stride(1);
            int to = result.isPresent() ? (int) (out.arrayOffset() + at) : 0;
            if (first == (token + 1) * slots) {
              math.clear(sum, to, width);
            } else if (second == (token + 1) * slots) {
              math.copy(rows, rowOf[first] * width, sum, to, width);
            } else {
              math.add(rows, rowOf[first] * width, rows, rowOf[second] * width, sum, to, width);
            }
            for (int choice = second + 1; choice < (token + 1) * slots; choice++) {
              if (rowOf[choice] >= 0) {
                math.add(sum, to, rows, rowOf[choice] * width, sum, to, width);
              }
            }
            if (result.isEmpty()) {
              math.store(elements, at, out.stride(2), width, sum, 0);
            }
          }
        });
  }

  /** The first sent choice at or after a given one; {@code end} if there is none. */
  private static int next(int[] rowOf, int from, int end) {
    int choice = from;
    while (choice < end && rowOf[choice] < 0) {
      choice++;
    }
    return Math.min(choice, end);
  }
}
