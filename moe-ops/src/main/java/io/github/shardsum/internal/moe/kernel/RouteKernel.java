package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.decomposition.RouteForm;
import io.github.shardsum.internal.moe.route.Gates;
import io.github.shardsum.internal.moe.route.GroupRoute;
import io.github.shardsum.internal.moe.route.GroupRouter;
import io.github.shardsum.internal.moe.route.MoeElements;
import io.github.shardsum.internal.moe.route.UniformNumbers;
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
 * logit gives NaN gates, as the decomposition does, and not an error.
 *
 * @param form the options
 * @param setup sizes
 * @param groups G
 * @param start which operand is the index of the first group, a scalar of i64, if these groups are
 *     a chunk of a split along G: drawn numbers are those of the whole
 */
public record RouteKernel(RouteForm form, GroupRoute.Setup setup, long groups, OptionalInt start)
    implements CompositeKernel {

  /** The factory. */
  public static Optional<CompositeKernel> of(Composite composite) {
    return Optional.of(forward(composite));
  }

  static RouteKernel forward(Composite composite) {
    ValueType scores = composite.operands().getFirst().type();
    RouteForm form = RouteForm.of(composite);
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

  /** Of each gate a subtraction, a power, two sums, a quotient and its choices. */
  @Override
  public double flops() {
    return (5.0 + form.options().router().choices()) * groups * setup.tokens() * setup.experts();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return GroupRoute.bytes(setup) * Math.min(workers.parallelism(), Math.max(1, groups));
  }

  @Override
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
    Gates.Scores scores = scores(operands);
    UniformNumbers uniform = uniform(operands);
    workers.run(
        Math.toIntExact(groups),
        (group, scratch) -> {
          GroupRoute route = place(scratch, scores, uniform, group);
          GroupRouter.weigh(route, scores.scores().dtype());
          write(route, group, results);
        });
  }

  Gates.Scores scores(List<Tensor> operands) {
    return new Gates.Scores(
        operands.getFirst(), form.padded() ? Optional.of(operands.get(1)) : Optional.empty());
  }

  UniformNumbers uniform(List<Tensor> operands) {
    if (form.uniform() != Uniform.DRAWN) {
      return new UniformNumbers.Given(operands.get(form.padded() ? 2 : 1));
    }
    Randomness drawn = form.randomness();
    long groupsBefore = start.isPresent() ? operands.get(start.getAsInt()).getLong() : 0;
    long first = drawn.firstToken() + groupsBefore * setup.tokens();
    return new UniformNumbers.Drawn(
        new Philox(drawn.seed()), drawn.stream(), first, setup.tokens());
  }

  /** Gates, choices and slots of a group. */
  GroupRoute place(Scratch scratch, Gates.Scores scores, UniformNumbers uniform, int group) {
    GroupRoute route = GroupRoute.in(scratch, setup);
    GroupRouter.choose(route, scores, uniform, group);
    GroupRouter.place(route, form.capacity());
    return route;
  }

  private void write(GroupRoute route, int group, List<Tensor> results) {
    Tensor weights = results.get(0);
    Tensor positions = results.get(1);
    int slots = route.slots();
    for (int at = 0; at < route.tokens() * slots; at++) {
      int token = at / slots;
      int slot = at % slots;
      MoeElements.set(weights, at(weights, group, token, slot), route.weights()[at]);
      MoeElements.set(positions, at(positions, group, token, slot), (long) route.positions()[at]);
    }
    MoeElements.set(results.get(2), at(results.get(2), group), GroupRouter.auxLoss(route));
    MoeElements.set(results.get(3), at(results.get(3), group), route.squaredLogZ());
    Tensor asked = results.get(4);
    for (int expert = 0; expert < setup.experts(); expert++) {
      long at = at(asked, group) + expert * asked.stride(1);
      MoeElements.set(asked, at, (long) route.load()[expert]);
    }
    MoeElements.set(results.get(5), at(results.get(5), group), route.overflow());
  }

  /** Where an element of {@code [G]} lies. */
  static long at(Tensor tensor, long group) {
    return tensor.offset() + group * tensor.stride(0);
  }

  /** Where an element of {@code [G, S, x]} lies. */
  static long at(Tensor tensor, long group, long token, long last) {
    return at(tensor, group) + token * tensor.stride(1) + last * tensor.stride(2);
  }
}
