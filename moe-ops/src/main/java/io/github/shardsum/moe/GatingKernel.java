package io.github.shardsum.moe;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The gating of tokens that choose, into positions and weights: the arithmetic of {@link Gating} in
 * its order, in memory that is kept. A NaN or infinite logit gives NaN gates, as the decomposition
 * does, and not an error.
 *
 * @param form the options
 * @param groups G
 * @param tokens S
 * @param experts E
 */
record GatingKernel(GatingForm form, long groups, int tokens, int experts)
    implements CompositeKernel {
  private static final int GATES = 0;
  private static final int SUMS = 1;
  private static final int WEIGHTS = 2;
  private static final int CHOSEN = 0;
  private static final int POSITIONS = 1;
  private static final int COUNTS = 2;

  static Optional<CompositeKernel> of(Composite composite) {
    ValueType logits = composite.operands().getFirst().type();
    return Optional.of(
        new GatingKernel(
            GatingForm.of(composite),
            logits.size("G"),
            Math.toIntExact(logits.size("S")),
            Math.toIntExact(logits.size("E"))));
  }

  @Override
  public Optional<Routing> routing(int result) {
    return switch (result) {
      case 0 -> Optional.of(new Routing(2, form.choices(), true));
      case 1 -> Optional.of(new Routing(2, form.choices(), false));
      default -> Optional.empty();
    };
  }

  /** Of each gate a subtraction, a power, two sums, a quotient and its choices. */
  @Override
  public double flops() {
    return (5.0 + form.choices()) * groups * tokens * experts;
  }

  /** Gates, sums and weights, choices, positions and counts of one group a thread. */
  @Override
  public long scratchBytes(Workers workers) {
    long elements = (long) tokens * experts + 4L * experts + 3L * tokens * form.choices();
    return Long.BYTES * elements * Math.min(workers.parallelism(), Math.max(1, groups));
  }

  @Override
  public void run(List<Tensor> operands, List<Result> results, Workers workers) {
    Tensor logits = operands.getFirst();
    Result.Routed combine = (Result.Routed) results.get(0);
    Result.Routed dispatch = (Result.Routed) results.get(1);
    Tensor loss = ((Result.Dense) results.get(2)).tensor();
    workers.run(
        Math.toIntExact(logits.size(0)),
        (group, scratch) -> new Group(scratch, group, logits).route(combine, dispatch, loss));
  }

  /** The routing of one group, in the arrays of a scratch. */
  private final class Group {
    private final Tensor logits;
    private final int group;
    private final double[] gates;
    private final double[] sums;
    private final double[] weights;
    private final long[] chosen;
    private final long[] positions;
    private final long[] counts;
    private final int k = form.choices();

    Group(Scratch scratch, int group, Tensor logits) {
      this.logits = logits;
      this.group = group;
      gates = scratch.doubles(GATES, tokens * experts);
      sums = scratch.doubles(SUMS, experts);
      weights = scratch.doubles(WEIGHTS, tokens * k);
      chosen = scratch.longs(CHOSEN, tokens * k);
      positions = scratch.longs(POSITIONS, tokens * k);
      counts = scratch.longs(COUNTS, 3 * experts);
    }

    void route(Result.Routed combine, Result.Routed dispatch, Tensor loss) {
      java.util.Arrays.fill(sums, 0, experts, 0);
      java.util.Arrays.fill(counts, 0, 3 * experts, 0);
      for (int token = 0; token < tokens; token++) {
        softmax(token * experts, token);
        for (int expert = 0; expert < experts; expert++) {
          sums[expert] += gates[token * experts + expert];
        }
        choose(token);
      }
      place();
      for (int token = 0; token < tokens; token++) {
        weigh(token, combine, dispatch);
      }
      loss.set(loss(), group);
    }

    private void softmax(int row, int token) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < experts; i++) {
        gates[row + i] = element(token, i);
        largest = Math.max(largest, gates[row + i]);
      }
      double sum = 0;
      for (int i = row; i < row + experts; i++) {
        gates[i] = StrictMath.exp(gates[i] - largest);
        sum += gates[i];
      }
      for (int i = row; i < row + experts; i++) {
        gates[i] /= sum;
      }
    }

    private double element(int token, int expert) {
      long at =
          logits.offset()
              + group * logits.stride(0)
              + token * logits.stride(1)
              + expert * logits.stride(2);
      return MoeElements.get(logits, at);
    }

    /** The k highest gates by insertion: a tie leaves the lower expert in front. */
    private void choose(int token) {
      int at = token * k;
      int row = token * experts;
      for (int expert = 0; expert < experts; expert++) {
        double gate = gates[row + expert];
        int place = Math.min(expert, k);
        while (place > 0 && above(gate, gates[row + (int) chosen[at + place - 1]])) {
          place--;
        }
        if (place < k) {
          int last = Math.min(expert, k - 1);
          System.arraycopy(chosen, at + place, chosen, at + place + 1, last - place);
          chosen[at + place] = expert;
        }
      }
      counts[(int) chosen[at]]++;
    }

    private boolean above(double x, double y) {
      return x > y || (Double.isNaN(x) && !Double.isNaN(y));
    }

    private double gate(int token, int choice) {
      return gates[token * experts + (int) chosen[token * k + choice]];
    }

    private boolean isWanted(int token, int choice) {
      if (choice != 1) {
        return true;
      }
      return switch (form.options().secondChoice()) {
        case SecondChoice.All _, SecondChoice.Sample _ -> true;
        case SecondChoice.None _ -> false;
        case SecondChoice.Threshold(double threshold) -> second(token) > threshold;
        case SecondChoice.Random(double threshold) -> {
          long index = (long) group * tokens + token;
          double uniform = new Philox(form.seed()).uniform(index, form.stream());
          yield uniform < second(token) / threshold;
        }
      };
    }

    /** The second gate as it stands when it is asked for. */
    private double second(int token) {
      double gate = gate(token, 1);
      if (form.options().normalization() != Normalization.BEFORE_DROPPING) {
        return gate;
      }
      double sum = gate(token, 0) + gate + form.options().normalizationEpsilon();
      return sum > 0 ? gate / sum : 0;
    }

    private void place() {
      if (form.options().slotOrder() == SlotOrder.CHOICE_MAJOR) {
        for (int choice = 0; choice < k; choice++) {
          for (int token = 0; token < tokens; token++) {
            place(token, choice);
          }
        }
        return;
      }
      for (int token = 0; token < tokens; token++) {
        for (int choice = 0; choice < k; choice++) {
          place(token, choice);
        }
      }
    }

    private void place(int token, int choice) {
      int at = token * k + choice;
      int expert = (int) chosen[at];
      boolean wanted = isWanted(token, choice);
      boolean never = form.options().secondChoice() instanceof SecondChoice.None;
      positions[at] = -1;
      if (wanted || (form.options().rejectedKeepsSlot() && !never)) {
        long slot = counts[experts + expert]++;
        if (wanted && slot < form.capacity()) {
          positions[at] = (long) expert * form.capacity() + slot;
        }
      }
    }

    private void weigh(int token, Result.Routed combine, Result.Routed dispatch) {
      double divisor = divisor(token);
      for (int choice = 0; choice < k; choice++) {
        int at = token * k + choice;
        double weight = positions[at] < 0 || divisor == 0 ? 0 : gate(token, choice) / divisor;
        boolean zero = combine.weights().dtype() == DType.F64 ? weight == 0 : (float) weight == 0;
        weights[at] = zero ? 0 : weight;
        positions[at] = zero ? -1 : positions[at];
        long to = (long) group * tokens * k + at;
        MoeElements.set(combine.weights(), to, weights[at]);
        MoeElements.set(combine.positions(), to, positions[at]);
        MoeElements.set(dispatch.positions(), to, positions[at]);
      }
    }

    private double divisor(int token) {
      double sum = 0;
      for (int choice = 0; choice < k; choice++) {
        boolean counts =
            positions[token * k + choice] >= 0
                || form.options().normalization() == Normalization.BEFORE_DROPPING;
        sum += counts ? gate(token, choice) : 0;
      }
      boolean none = form.options().normalization() == Normalization.NONE;
      return none ? 1 : sum + form.options().normalizationEpsilon();
    }

    private double loss() {
      if (tokens == 0) {
        return 0;
      }
      AuxLoss how = form.options().auxLoss();
      double sum = 0;
      for (int expert = 0; expert < experts; expert++) {
        double share =
            switch (how.choices()) {
              case FIRST -> counts[expert];
              case ALL -> counts[experts + expert];
              case ALL_OVER_K -> (double) counts[experts + expert] / k;
            };
        sum += share / tokens * (sums[expert] / tokens);
      }
      return sum
          * switch (how.scale()) {
            case MEAN -> 1.0 / experts;
            case SQUARED_EXPERTS -> experts;
          };
    }
  }
}
