package io.github.shardsum.moe;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The kernel of {@code moe.routing}: {@link GroupRouter} in memory that is kept. A NaN or infinite
 * logit gives NaN gates, as the decomposition does, and not an error.
 *
 * @param form the options
 * @param setup sizes
 * @param groups G
 */
record RoutingKernel(GatingForm form, RouterSetup setup, long groups) implements CompositeKernel {

  static Optional<CompositeKernel> of(Composite composite) {
    return Optional.of(routing(composite));
  }

  static RoutingKernel routing(Composite composite) {
    ValueType scores = composite.operands().getFirst().type();
    GatingForm form = GatingForm.of(composite);
    RouterSetup setup = form.setup(scores.size("S"), scores.size("E"));
    return new RoutingKernel(form, setup, scores.size("G"));
  }

  /** Of each gate a subtraction, a power, two sums, a quotient and its choices. */
  @Override
  public double flops() {
    return (5.0 + form.options().router().choices()) * groups * setup.tokens() * setup.experts();
  }

  @Override
  public long scratchBytes(Workers workers) {
    return GroupRouting.bytes(setup) * Math.min(workers.parallelism(), Math.max(1, groups));
  }

  @Override
  public void run(List<Tensor> operands, List<Result> results, Workers workers) {
    RouterScores scores = scores(operands);
    UniformNumbers uniform = uniform(operands);
    workers.run(
        Math.toIntExact(groups),
        (group, scratch) -> {
          GroupRouting routing = place(scratch, scores, uniform, group);
          GroupRouter.weigh(routing, scores.scores().dtype());
          write(routing, group, results);
        });
  }

  RouterScores scores(List<Tensor> operands) {
    return new RouterScores(
        operands.getFirst(), form.padded() ? Optional.of(operands.get(1)) : Optional.empty());
  }

  UniformNumbers uniform(List<Tensor> operands) {
    return form.uniform() == MoeProgramSpec.Uniform.DRAWN
        ? new UniformNumbers.Drawn(new Philox(form.seed()), form.stream(), 0, setup.tokens())
        : new UniformNumbers.Given(operands.get(form.padded() ? 2 : 1));
  }

  /** Gates, choices and slots of a group. */
  GroupRouting place(Scratch scratch, RouterScores scores, UniformNumbers uniform, int group) {
    GroupRouting routing = GroupRouting.in(scratch, setup);
    GroupRouter.choose(routing, scores, uniform, group);
    GroupRouter.place(routing, form.capacity());
    return routing;
  }

  private void write(GroupRouting routing, int group, List<Result> results) {
    Tensor weights = dense(results.get(0));
    Tensor positions = dense(results.get(1));
    int choices = routing.tokens() * routing.slots();
    long first = (long) group * choices;
    for (int at = 0; at < choices; at++) {
      MoeElements.set(weights, first + at, routing.weights()[at]);
      MoeElements.set(positions, first + at, (long) routing.positions()[at]);
    }
    MoeElements.set(dense(results.get(2)), group, GroupRouter.auxLoss(routing));
    MoeElements.set(dense(results.get(3)), group, routing.squaredLogZ());
  }

  static Tensor dense(Result result) {
    return switch (result) {
      case Result.Dense(Tensor tensor) -> tensor;
      case Result.Routed _ -> throw new IllegalStateException("all elements were asked for");
    };
  }
}
