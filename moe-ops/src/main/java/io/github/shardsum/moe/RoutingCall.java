package io.github.shardsum.moe;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;

/** The checked arguments of one call of {@link Gating}. */
record RoutingCall(
    GatingInput input,
    GatingOptions options,
    UniformNumbers uniform,
    Workers workers,
    int groups,
    int tokens,
    int experts) {

  static RoutingCall of(
      GatingInput input, GatingOptions options, Randomness randomness, Workers workers) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(randomness, "randomness");
    Checks.arrayLength("gating: tokens", input.groups(), input.groupSize());
    Checks.arrayLength("gating: gates of a group", input.groupSize(), input.experts());
    if (options.router() instanceof Router.TokenChoice(int choices)) {
      Checks.arrayLength("gating: choices", input.groups(), input.groupSize(), choices);
      if (choices > input.experts()) {
        throw new IllegalArgumentException(
            "gating: at least as many experts as a token chooses are wanted, got "
                + input.experts()
                + " for top-"
                + choices);
      }
    }
    return new RoutingCall(
        input,
        options,
        UniformNumbers.of(randomness, input, options),
        Objects.requireNonNull(workers, "workers"),
        Math.toIntExact(input.groups()),
        Math.toIntExact(input.groupSize()),
        Math.toIntExact(input.experts()));
  }

  /** One value a group, computed in parallel. */
  <T> List<T> eachGroup(IntFunction<T> work) {
    Object[] results = new Object[groups];
    workers.run(groups, (group, _) -> results[group] = work.apply(group));
    @SuppressWarnings("unchecked")
    List<T> list = (List<T>) Arrays.asList(results);
    return list;
  }

  /** Gates and choices of a group. */
  GroupRouting choose(int group) {
    GroupRouting routing =
        GroupRouting.in(
            new Scratch(), new RouterSetup(options, input.kind(), true, tokens, experts));
    RouterScores scores = new RouterScores(input.scores(), input.nonPadding());
    GroupRouter.choose(routing, scores, uniform, group);
    return routing;
  }

  /** The slots of one expert, if all of a group's slots can be numbered. */
  int capacity(List<GroupRouting> groups) {
    long slots =
        switch (options.capacity()) {
          case Capacity.LargestLoad largest ->
              largest.slots(groups.stream().mapToInt(GroupRouting::largestLoad).max().orElse(0));
          case Capacity.Fixed _, Capacity.Factor _ ->
              options.capacity().atMost(options.router().choices(), tokens, experts);
        };
    Checks.arrayLength("gating: slots of a group, [E, C]", experts, slots);
    return Math.toIntExact(slots);
  }

  /** Slots and weights of a group. */
  GroupRouting place(GroupRouting routing, int capacity) {
    GroupRouter.place(routing, capacity);
    GroupRouter.weigh(routing, input.scores().dtype());
    return routing;
  }
}
