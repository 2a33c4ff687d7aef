package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.function.IntToDoubleFunction;

/** Sums of the rows of each token, in the order of its choices. */
final class TokenSums {
  private static final int TASK_TOKENS = 64;

  private TokenSums() {}

  /**
   * out [token] = the sum of weight * row over its choices that are sent, 0 without one.
   *
   * @param rows {@code [R, M]}
   * @param weight of a choice, an index into {@code [G, S, K]}
   * @param out {@code [G, S, M]}
   */
  static <A> void run(ExpertRun<A> run, A rows, IntToDoubleFunction weight, Tensor out) {
    ExpertsForm form = run.form();
    RowMath<A> math = run.math();
    Workers workers = run.workers();
    int[] rowOf = run.permutation().rows();
    int tokens = form.groups() * form.tokens();
    int width = form.model();
    int slots = form.choices();
    Elements elements = Elements.of(out);
    int tasks = Math.min(Math.ceilDiv(tokens, TASK_TOKENS), 4 * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> {
          A sum = math.array(scratch, 0, width);
          int end = (int) ((long) tokens * (task + 1) / tasks);
          for (int token = (int) ((long) tokens * task / tasks); token < end; token++) {
            boolean first = true;
            for (int choice = token * slots; choice < (token + 1) * slots; choice++) {
              int row = rowOf[choice];
              if (row >= 0) {
                if (first) {
                  math.scale(weight.applyAsDouble(choice), rows, row * width, sum, 0, width);
                } else {
                  math.add(weight.applyAsDouble(choice), rows, row * width, sum, 0, width);
                }
                first = false;
              }
            }
            if (first) {
              math.clear(sum, 0, width);
            }
            long at = token / form.tokens() * out.stride(0) + token % form.tokens() * out.stride(1);
            math.store(elements, at, out.stride(2), width, sum, 0);
          }
        });
  }
}
