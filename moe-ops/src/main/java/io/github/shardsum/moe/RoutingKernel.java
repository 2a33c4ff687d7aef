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
  public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
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

  private void write(GroupRouting routing, int group, List<Tensor> results) {
    Tensor weights = results.get(0);
    Tensor positions = results.get(1);
    int slots = routing.slots();
    for (int at = 0; at < routing.tokens() * slots; at++) {
      int token = at / slots;
      int slot = at % slots;
      MoeElements.set(weights, at(weights, group, token, slot), routing.weights()[at]);
      MoeElements.set(positions, at(positions, group, token, slot), (long) routing.positions()[at]);
    }
    MoeElements.set(results.get(2), at(results.get(2), group), GroupRouter.auxLoss(routing));
    MoeElements.set(results.get(3), at(results.get(3), group), routing.squaredLogZ());
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
