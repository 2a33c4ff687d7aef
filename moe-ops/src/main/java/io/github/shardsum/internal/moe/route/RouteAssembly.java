package io.github.shardsum.internal.moe.route;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.Route;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteMetrics;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.GroupLimit;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Routes all groups of a call and assembles the results into tensors, with losses and counts. */
public final class RouteAssembly {
  private final Call call;
  private final List<GroupRoute> groups;
  private final int slots;
  private final int[] experts;
  private final int[] positions;
  private final double[] weights;

  private RouteAssembly(Call call, List<GroupRoute> groups) {
    this.call = call;
    this.groups = groups;
    this.slots = slots();
    int choices = ArgumentChecks.arrayLength("route: choices", call.groups(), call.tokens(), slots);
    this.experts = new int[choices];
    this.positions = new int[choices];
    this.weights = new double[choices];
    Arrays.fill(experts, -1);
    Arrays.fill(positions, -1);
    for (int group = 0; group < call.groups(); group++) {
      for (int token = 0; token < call.tokens(); token++) {
        gather(groups.get(group), token, (group * call.tokens() + token) * slots);
      }
    }
  }

  /** Routes; see {@link Route#of(RouteInput, RouteOptions, Randomness, Workers)}. */
  public static Route route(
      RouteInput<Tensor> input, RouteOptions options, Randomness randomness, Workers workers) {
    Call call = Call.of(input, options, randomness, workers);
    List<GroupRoute> groups = call.eachGroup(call::choose);
    int capacity = call.capacity(groups);
    call.eachGroup(group -> call.place(groups.get(group), group, capacity));
    return new RouteAssembly(call, groups).assemble(capacity);
  }

  /** The checked arguments of a call. */
  private record Call(
      RouteInput<Tensor> input,
      RouteOptions options,
      RouteOperands operands,
      Workers workers,
      int groups,
      int tokens,
      int experts) {

    static Call of(
        RouteInput<Tensor> input, RouteOptions options, Randomness randomness, Workers workers) {
      Objects.requireNonNull(input, "input");
      Objects.requireNonNull(options, "options");
      Objects.requireNonNull(randomness, "randomness");
      ArgumentChecks.arrayLength("route: tokens", input.groups(), input.groupSize());
      ArgumentChecks.arrayLength("route: gates of a group", input.groupSize(), input.experts());
      if (options.router() instanceof Router.TokenChoice(int choices)) {
        ArgumentChecks.arrayLength("route: choices", input.groups(), input.groupSize(), choices);
      }
      check(input, options);
      input.bias().ifPresent(Call::checkBias);
      input.choices().ifPresent(given -> checkChoices(given, input.experts()));
      RouteOperands operands =
          RouteOperands.of(
              input.scores(),
              input.nonPadding(),
              TokenUniforms.of(input, options, randomness),
              input.bias(),
              input.choices());
      input.choices().ifPresent(given -> checkDistinct(given, operands));
      return new Call(
          input,
          options,
          operands,
          Objects.requireNonNull(workers, "workers"),
          Math.toIntExact(input.groups()),
          Math.toIntExact(input.groupSize()),
          Math.toIntExact(input.experts()));
    }

    private static void checkBias(Tensor bias) {
      for (double value : bias.toDoubleArray()) {
        if (!Double.isFinite(value)) {
          throw new IllegalArgumentException("route: bias must be finite, got " + value);
        }
      }
    }

    private static void checkChoices(Tensor choices, long experts) {
      for (long expert : choices.toLongArray()) {
        if (expert < -1 || expert >= experts) {
          throw new IllegalArgumentException(
              "route: recorded choices must be -1 for none or below E = "
                  + experts
                  + ", got "
                  + expert);
        }
      }
    }

    /** Refuses an expert that a real token names twice. */
    private static void checkDistinct(Tensor choices, RouteOperands operands) {
      long[] experts = choices.toLongArray();
      int slots = Math.toIntExact(choices.size(2));
      int tokens = Math.toIntExact(choices.size(1));
      for (int at = 0; at < experts.length; at++) {
        int token = at / slots;
        boolean real = operands.isReal(token / tokens, token % tokens);
        for (int before = token * slots; real && experts[at] >= 0 && before < at; before++) {
          if (experts[before] == experts[at]) {
            throw new IllegalArgumentException(
                String.format(
                    Locale.ROOT,
                    "route: recorded choices of a token must be distinct, got expert %d twice at"
                        + " [g, s] = [%d, %d]",
                    experts[at],
                    token / tokens,
                    token % tokens));
          }
        }
      }
    }

    /** One value for each group, computed in parallel. */
    <T> List<T> eachGroup(IntFunction<T> work) {
      Object[] results = new Object[groups];
      workers.run(groups, (group, _) -> results[group] = work.apply(group));
      @SuppressWarnings("unchecked")
      List<T> list = (List<T>) Arrays.asList(results);
      return list;
    }

    /** Computes the gates and choices of a group. */
    GroupRoute choose(int group) {
      GroupRoute route =
          GroupRoute.in(
              new Scratch(), new GroupRoute.Setup(options, input.kind(), true, tokens, experts));
      GroupRouter.choose(route, operands, group);
      return route;
    }

    /** The slots of one expert. The number of all slots of a group must fit in an i32. */
    int capacity(List<GroupRoute> groups) {
      long slots =
          switch (options.capacity()) {
            case Capacity.LargestLoad largest ->
                largest.slots(groups.stream().mapToInt(GroupRoute::largestLoad).max().orElse(0));
            case Capacity.Fixed _, Capacity.Factor _ ->
                options.capacity().atMost(options.router().choices(), tokens, experts);
          };
      ArgumentChecks.arrayLength("route: slots of a group, [E, C]", experts, slots);
      return Math.toIntExact(slots);
    }

    /** Computes the slots and weights of a group. */
    GroupRoute place(GroupRoute route, int group, int capacity) {
      GroupRouter.place(route, operands, group, capacity);
      GroupRouter.weigh(route, input.dtype());
      return route;
    }
  }

  /** Refuses options that do not fit the kind of the scores. */
  public static void check(RouteInput<?> input, RouteOptions options) {
    boolean extra = input.bias().isPresent() || input.choices().isPresent();
    switch (options.router()) {
      case Router.TokenChoice(int choices) -> {
        checkExperts(input.experts(), choices);
        options.groupLimit().ifPresent(limit -> checkLimit(limit, input.experts(), choices));
        if (input.choices().isPresent() && input.recordedChoices() != choices) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "route: recorded choices must be %d a token for top-%d, got %d",
                  choices,
                  choices,
                  input.recordedChoices()));
        }
      }
      case Router.ExpertChoice _ when extra ->
          throw new IllegalArgumentException(
              "route: bias and recorded choices must be absent where experts choose, got one");
      case Router.ExpertChoice _ -> {}
    }
  }

  private static void checkLimit(GroupLimit limit, long experts, int choices) {
    long size = experts / limit.groups();
    if (size * limit.groups() != experts || size * limit.chosen() < choices) {
      throw new IllegalArgumentException(
          String.format(
                  Locale.ROOT,
                  "route: experts E must be a multiple of the groups of limit=%s that"
                      + " leaves %d experts to",
                  RouteNotation.print(limit),
                  choices)
              + " choose from, got "
              + experts);
    }
  }

  /** Refuses a router whose tokens choose more experts than there are. */
  private static void checkExperts(long experts, int choices) {
    if (choices > experts) {
      throw new IllegalArgumentException(
          "route: experts E must be at least as many as a token chooses, got "
              + experts
              + " for top-"
              + choices);
    }
  }

  private Route assemble(int capacity) {
    Tensor rounded = rounded();
    Shape shape = Shape.of(call.groups(), call.tokens(), call.experts(), capacity);
    RoutingTensor combine = RoutingTensor.of(shape, choiceTensor(positions), rounded);
    Tensor ones = Tensor.full(rounded.dtype(), 1).broadcastTo(rounded.shape());
    return new Route(
        combine, combine.withWeights(ones), choiceTensor(experts), capacity, metrics());
  }

  /** The number of choices k; if experts choose, the most experts that took one token. */
  private int slots() {
    if (call.options().router() instanceof Router.TokenChoice(int choices)) {
      return choices;
    }
    int most = 1;
    for (GroupRoute group : groups) {
      for (int token = 0; token < call.tokens(); token++) {
        int used = 0;
        for (int at = token * group.slots(); at < (token + 1) * group.slots(); at++) {
          used += group.experts()[at] >= 0 ? 1 : 0;
        }
        most = Math.max(most, used);
      }
    }
    return most;
  }

  /** A token's choices; if experts choose, only the experts that took it. */
  private void gather(GroupRoute group, int token, int to) {
    boolean compact = group.setup().expertsChoose();
    int next = to;
    for (int at = token * group.slots(); at < (token + 1) * group.slots(); at++) {
      if (!compact || group.experts()[at] >= 0) {
        experts[next] = group.experts()[at];
        positions[next] = group.positions()[at];
        weights[next++] = group.weights()[at];
      }
    }
  }

  private Tensor choiceTensor(int[] values) {
    return Tensor.of(values, call.groups(), call.tokens(), slots);
  }

  private Tensor rounded() {
    Tensor all = Tensor.of(weights, call.groups(), call.tokens(), slots);
    DType dtype = call.input().dtype();
    return dtype == DType.F64 ? all : all.convert(dtype);
  }

  private RouteMetrics metrics() {
    int[] used = new int[call.groups() * call.tokens()];
    for (int at = 0; at < positions.length; at++) {
      used[at / slots] += positions[at] >= 0 ? 1 : 0;
    }
    long real = 0;
    long dropped = 0;
    for (int at = 0; at < used.length; at++) {
      int isReal = groups.get(at / call.tokens()).isReal(at % call.tokens()) ? 1 : 0;
      real += isReal;
      dropped += used[at] == 0 ? isReal : 0;
    }
    return new RouteMetrics(
        perExpert(GroupRoute::firstChoices),
        perExpert(GroupRoute::load),
        perExpert(GroupRoute::placed),
        meanGates(),
        auxLoss(),
        zLoss(),
        Tensor.of(used, call.groups(), call.tokens()),
        real,
        dropped,
        groups.stream().mapToLong(GroupRoute::overflow).sum());
  }

  private Tensor perExpert(Function<GroupRoute, int[]> part) {
    int[] all = new int[call.groups() * call.experts()];
    for (int group = 0; group < call.groups(); group++) {
      System.arraycopy(
          part.apply(groups.get(group)), 0, all, group * call.experts(), call.experts());
    }
    return Tensor.of(all, call.groups(), call.experts());
  }

  private Tensor meanGates() {
    double[] means = new double[call.groups() * call.experts()];
    for (int group = 0; group < call.groups(); group++) {
      GroupRoute route = groups.get(group);
      double divisor = route.divisor(call.options().auxLoss().mean());
      for (int expert = 0; expert < call.experts(); expert++) {
        means[group * call.experts() + expert] =
            divisor == 0 ? 0 : route.gateSums()[expert] / divisor;
      }
    }
    return Tensor.of(means, call.groups(), call.experts());
  }

  private Tensor auxLoss() {
    double[] losses = groups.stream().mapToDouble(GroupRouter::auxLoss).toArray();
    return Tensor.of(losses, call.groups());
  }

  private OptionalDouble zLoss() {
    if (call.input().kind() == RouteInput.Kind.GATES) {
      return OptionalDouble.empty();
    }
    double sum = 0;
    double divisor = 0;
    for (GroupRoute group : groups) {
      sum += group.squaredLogZ();
      divisor += group.divisor(call.options().zLoss());
    }
    return OptionalDouble.of(divisor == 0 ? 0 : sum / divisor);
  }
}
