package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.decomposition.RouteCompositeForm;
import io.github.shardsum.internal.moe.route.GroupRoute;
import io.github.shardsum.internal.moe.route.GroupRouter;
import io.github.shardsum.internal.moe.route.RouteOperands;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.internal.moe.route.TokenUniforms;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The kernel of {@code moe.route}: {@link GroupRouter} in memory that is kept. A NaN or infinite
 * logit gives NaN gates, as in the decomposition, and no error.
 *
 * @param setup the sizes and options of a group
 * @param groups G
 * @param start the number of the operand with the index of the first group, a scalar of i64;
 *     present if these groups are a chunk of a split along G. The drawn numbers are then those of
 *     the whole route
 */
public record RouteKernel(
    RouteCompositeForm form, GroupRoute.Setup setup, long groups, OptionalInt start)
    implements CompositeKernel {

  /** The kernel of a composite. */
  public static Optional<CompositeKernel> of(Composite composite) {
    return Optional.of(forward(composite));
  }

  static RouteKernel forward(Composite composite) {
    ValueType scores = composite.operands().getFirst().type();
    RouteCompositeForm form = RouteCompositeForm.of(composite);
    GroupRoute.Setup setup = form.setup(scores.size("S"), scores.size("E"));
    OptionalInt start =
        IntStream.range(1, composite.operands().size())
            .filter(i -> isStart(composite.operands().get(i).type()))
            .findFirst();
    return new RouteKernel(form, setup, scores.size("G"), start);
  }

  private static boolean isStart(ValueType type) {
    return type.dtype() == DType.I64 && type.names().isEmpty();
  }

  /** Each sum is over one group, in f64, in the order of tokens and experts. */
  @Override
  public Optional<CompositeKernel> in(SumOrder sums) {
    return Optional.of(this);
  }

  /** Counts for each gate a subtraction, a power, two sums, a quotient and its choices. */
  @Override
  public double flops() {
    return (5.0 + form.options().router().choices()) * groups * setup.tokens() * setup.experts();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return GroupRoute.bytes(setup) * Math.min(workers.threads(), Math.max(1, groups));
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    RouteOperands given = operands(operands);
    DType dtype = operands.getFirst().dtype();
    Results into = Results.of(results);
    workers.run(
        Math.toIntExact(groups),
        (group, scratch) -> {
          GroupRoute route = place(scratch, given, group);
          GroupRouter.weigh(route, dtype);
          into.write(route, group);
        });
  }

  /** The composite's results. */
  private record Results(
      TokenElements weights,
      TokenElements positions,
      TokenElements auxLoss,
      TokenElements squaredLogZ,
      TokenElements asked,
      TokenElements overflow,
      TokenElements placed,
      TokenElements unusable) {
    static Results of(List<Tensor> all) {
      return new Results(
          TokenElements.of(all.get(0)),
          TokenElements.of(all.get(1)),
          TokenElements.of(all.get(2)),
          TokenElements.of(all.get(3)),
          TokenElements.of(all.get(4)),
          TokenElements.of(all.get(5)),
          TokenElements.of(all.get(6)),
          TokenElements.of(all.get(7)));
    }

    void write(GroupRoute route, int group) {
      int slots = route.slots();
      for (int token = 0; token < route.tokens(); token++) {
        int at = token * slots;
        weights.store(group, token, route.weights(), at);
        for (int slot = 0; slot < slots; slot++) {
          positions.set(group, token, slot, route.positions()[at + slot]);
        }
      }
      auxLoss.set(group, 0, GroupRouter.auxLoss(route));
      squaredLogZ.set(group, 0, route.squaredLogZ());
      for (int expert = 0; expert < route.setup().experts(); expert++) {
        asked.set(group, expert, (long) route.load()[expert]);
        placed.set(group, expert, (long) route.placed()[expert]);
      }
      overflow.set(group, 0, route.overflow());
      unusable.set(group, 0, (long) route.unusableCount());
    }
  }

  RouteOperands operands(List<Tensor> operands) {
    return RouteOperands.of(
        operands.getFirst(),
        form.padded() ? Optional.of(operands.get(1)) : Optional.empty(),
        uniform(operands),
        form.biased() ? Optional.of(operands.get(form.biasAt())) : Optional.empty(),
        form.replayed() ? Optional.of(operands.get(form.choicesAt())) : Optional.empty());
  }

  private TokenUniforms uniform(List<Tensor> operands) {
    if (form.uniform() != Uniform.DRAWN) {
      return TokenUniforms.Given.of(operands.get(form.uniformAt()));
    }
    Randomness drawn = form.randomness();
    long groupsBefore = start.isPresent() ? operands.get(start.getAsInt()).getLong() : 0;
    long first = drawn.firstToken() + groupsBefore * setup.tokens();
    return new TokenUniforms.Drawn(new Philox(drawn.seed()), drawn.stream(), first, setup.tokens());
  }

  /** Choices and slots of a group. */
  GroupRoute place(Scratch scratch, RouteOperands operands, int group) {
    GroupRoute route = GroupRoute.in(scratch, setup);
    GroupRouter.choose(route, operands, group);
    GroupRouter.place(route, operands, group, form.capacity());
    return route;
  }
}
