package io.github.shardsum.internal.moe.decomposition;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.moe.route.GroupRouter;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.GateFunction;
import io.github.shardsum.moe.RouteOptions.GroupLimit;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A route in plain operations: algorithm 1 of the GShard paper and later options. It is the
 * decomposition of the composite {@code moe.route}.
 */
final class RouteDecomposition {
  private final ProgramBuilder p;
  private final RouteCompositeForm form;
  private final RouteOptions options;
  private final long groups;
  private final long tokens;
  private final long experts;
  private final DType dtype;
  private final Value scores;
  private final Optional<Value> real;
  private final Optional<Value> uniform;
  private final Optional<Value> bias;
  private final Optional<Value> recorded;

  private RouteDecomposition(ProgramBuilder p, RouteCompositeForm form, List<ValueType> operands) {
    ValueType type = operands.getFirst();
    this.p = p;
    this.form = form;
    this.options = form.options();
    this.groups = type.size("G");
    this.tokens = type.size("S");
    this.experts = type.size("E");
    this.dtype = type.dtype();
    Map<String, Value> given = new HashMap<>();
    List<String> names = RouteComposites.names(form);
    for (int i = 0; i < names.size(); i++) {
      given.put(names.get(i), p.input(names.get(i), operands.get(i)));
    }
    this.real = Optional.ofNullable(given.get("non_padding")).map(this::isReal);
    this.uniform =
        Optional.ofNullable(given.get("uniform")).map(value -> p.convert(value, DType.F64));
    this.bias = Optional.ofNullable(given.get("bias")).map(value -> p.convert(value, DType.F64));
    this.recorded = Optional.ofNullable(given.get("choices"));
    this.scores = p.convert(Objects.requireNonNull(given.get("scores")), DType.F64);
  }

  /** The result of a router: weights in the dtype, positions, and counts of {@code [G, E]}. */
  private record Placed(
      Value weights, Value positions, Value counted, Value asked, Value placed, Value overflow) {}

  /**
   * The decomposition.
   *
   * @return a program of the operands; its results are {@code weights [G, S, K]} of the scores'
   *     dtype, {@code positions [G, S, K]} of i32, {@code expert * C + slot} or -1, {@code aux_loss
   *     [G]} and {@code squared_log_z [G]} of f64, {@code asked [G, E]}, {@code overflow [G]},
   *     {@code placed [G, E]} and {@code unusable [G]} of i32
   */
  static Program of(RouteCompositeForm form, List<ValueType> operands) {
    ProgramBuilder p = Program.builder("route");
    new RouteDecomposition(p, form, operands).build();
    return p.build();
  }

  ProgramBuilder builder() {
    return p;
  }

  RouteOptions options() {
    return options;
  }

  long tokens() {
    return tokens;
  }

  private Value isReal(Value mask) {
    DType dtype = mask.type().dtype();
    return dtype == DType.BOOL ? mask : p.compare(Comparison.NE, mask, p.constant(dtype, 0));
  }

  private void build() {
    // If padding is not counted, its scores may have any value, even NaN, and get no gradient.
    Value used = countsPadding() ? scores : ofReal(scores);
    boolean logits = form.kind() == RouteInput.Kind.LOGITS;
    Value all = logits ? gatesOf(used) : used;
    Value gates = ofReal(all);
    boolean byLogits = logits && options.gateFunction() == GateFunction.SIGMOID;
    // Sigmoids of large logits round to 1, so they are equal although the logits differ.
    Value order = byLogits ? used : gates;
    Placed placed =
        options.router() instanceof Router.ExpertChoice
            ? placeExperts(gates, order)
            : placeTokens(gates, order);
    p.output("weights", placed.weights());
    p.output("positions", placed.positions());
    p.output("aux_loss", auxLoss(all, gates, placed.counted()));
    Optional<Value> logZ = logits ? Optional.of(logZ(used)) : Optional.empty();
    p.output("squared_log_z", logZ.map(this::squared).orElseGet(this::noLoss));
    p.output("asked", placed.asked());
    p.output("overflow", placed.overflow());
    p.output("placed", placed.placed());
    p.output("unusable", unusable(logZ.map(this::isNan).orElseGet(() -> hasNoGate(used))));
  }

  private Value gatesOf(Value logits) {
    return switch (options.gateFunction()) {
      case SOFTMAX -> p.softmax(logits, "E");
      case SIGMOID -> p.unary(UnaryKind.LOGISTIC, logits);
    };
  }

  /** The number of real tokens among the given ones, {@code [G]}. */
  private Value unusable(Value tokens) {
    Value counted = real.map(mask -> p.binary(BinaryKind.AND, tokens, mask)).orElse(tokens);
    return p.sum(p.convert(counted, DType.I32), "S");
  }

  private Value isNan(Value x) {
    return p.compare(Comparison.NE, x, x);
  }

  /** Whether some gate of a token is invalid: NaN, negative or infinite. */
  private Value hasNoGate(Value gates) {
    Value low = p.unary(UnaryKind.NOT, p.compare(Comparison.GE, gates, number(0)));
    Value high = p.compare(Comparison.EQ, gates, number(Double.POSITIVE_INFINITY));
    return p.reduce(ReduceKind.MAX, p.binary(BinaryKind.OR, low, high), "E");
  }

  private boolean countsPadding() {
    return options.auxLoss().mean() == MaskedMean.UNMASKED
        || options.zLoss() == MaskedMean.UNMASKED;
  }

  private Value noLoss() {
    return p.constant(type(DType.F64, "G"), 0);
  }

  private Value auxLoss(Value all, Value gates, Value counts) {
    if (options.router() instanceof Router.ExpertChoice) {
      return noLoss();
    }
    AuxLoss loss = options.auxLoss();
    double over = loss.choices() == AuxLoss.Choices.ALL_OVER_K ? options.router().choices() : 1;
    Value sums = p.sum(shares(loss.mean() == MaskedMean.UNMASKED ? all : gates), "S");
    Value share = p.divide(p.convert(counts, DType.F64), number(over));
    Value size = divisor(loss.mean());
    Value mean = quotient(sums, size);
    double scale = GroupRouter.scale(loss, Math.toIntExact(experts));
    return p.scale(p.einsum("GE,GE->G", quotient(share, size), mean), scale);
  }

  /** Gates divided by the sum of their token's gates, which is 1 for a softmax. */
  private Value shares(Value gates) {
    if (options.gateFunction() == GateFunction.SOFTMAX) {
      return gates;
    }
    return quotient(gates, p.broadcast(p.sum(gates, "E"), "E", experts));
  }

  /** The number of tokens by which a mean divides, {@code [G]}. */
  private Value divisor(MaskedMean mean) {
    return mean == MaskedMean.OVER_REAL && real.isPresent()
        ? p.sum(p.convert(real.get(), DType.F64), "S")
        : p.constant(type(DType.F64, "G"), tokens);
  }

  private Value logZ(Value logits) {
    Value largest = p.reduce(ReduceKind.MAX, logits, "E");
    Value sum = p.sum(p.exp(p.subtract(logits, largest)), "E");
    return p.add(largest, p.unary(UnaryKind.LOG, sum));
  }

  private Value squared(Value logZ) {
    boolean masked = options.zLoss() != MaskedMean.UNMASKED;
    Value counted = masked ? ofReal(logZ) : logZ;
    return p.sum(p.multiply(counted, counted), "S");
  }

  /** The experts that tokens choose, and their gates, {@code [G, S, K]}. */
  private record Choices(Value experts, Value gates) {}

  private Placed placeTokens(Value gates, Value order) {
    Choices choices = choose(recorded.isPresent() ? gates : limited(gates, order), order);
    Value zero = number(0);
    // All gates of padding are 0.
    Value open = p.let("open", isOpen(choices.gates()));
    Value chosen = p.select(open, choices.gates(), zero);
    Value before = normalized(chosen, Normalization.BEFORE_DROPPING, chosen);
    Value accepted = p.let("accepted", p.binary(BinaryKind.AND, open, accepted(before)));
    Value asks = options.rejectedKeepsSlot() ? open : accepted;
    Value asked = p.oneHot(choices.experts(), "E", experts, DType.I32);
    Value load = p.multiply(asked, p.convert(asks, DType.I32));
    Value slot = p.let("slot", new SlotDecomposition(this).slots(asked, load, chosen));
    Value room = p.compare(Comparison.LT, slot, integer(form.capacity()));
    Value placed = p.let("sent", p.binary(BinaryKind.AND, accepted, room));
    Value after = normalized(before, Normalization.AFTER_DROPPING, p.select(placed, chosen, zero));
    Value weights = p.convert(p.select(placed, after, zero), dtype);
    Value flat = p.add(p.multiply(choices.experts(), integer(form.capacity())), slot);
    Value sent = p.compare(Comparison.NE, weights, p.constant(dtype, 0));
    Value positions = p.select(sent, flat, integer(-1));
    Value full = p.binary(BinaryKind.AND, accepted, p.unary(UnaryKind.NOT, room));
    return new Placed(
        weights,
        positions,
        counts(asked, open, load),
        p.sum(load, "K", "S"),
        p.sum(p.multiply(asked, p.convert(sent, DType.I32)), "K", "S"),
        p.sum(p.convert(full, DType.I32), "K", "S"));
  }

  private Choices choose(Value gates, Value order) {
    if (recorded.isPresent()) {
      return replayed(gates, recorded.get());
    }
    List<Value> top = p.topK(keys(gates, order), "E", options.router().choices(), "K");
    Value indices = top.getLast();
    Value chosen = gatesAt(gates, indices);
    if (!(options.secondChoice() instanceof SecondChoice.Sample)) {
      return new Choices(indices, chosen);
    }
    Value first = p.sum(p.slice(indices, "K", 0, 1), "K");
    Value second = sampled(gates, first);
    Value isSecond = p.oneHot(second, "E", experts, DType.BOOL);
    Value gate = p.sum(p.select(isSecond, gates, number(0)), "E");
    return new Choices(withSecond(indices, second), withSecond(chosen, gate));
  }

  /**
   * Recorded experts; an index without an expert, or with an expert that the token has already,
   * becomes expert 0 with gate 0.
   */
  private Choices replayed(Value gates, Value experts) {
    DType type = experts.type().dtype();
    Value zero = p.constant(type, 0);
    Value some =
        p.binary(
            BinaryKind.AND,
            p.compare(Comparison.GE, experts, zero),
            p.compare(Comparison.LT, experts, p.constant(type, this.experts)));
    Value indices = p.convert(p.select(some, experts, zero), DType.I32);
    Value named =
        p.multiply(p.oneHot(indices, "E", this.experts, DType.I32), p.convert(some, DType.I32));
    Value before = p.multiply(named, p.cumulativeSum(named, "K", true, false));
    Value isFirst = p.compare(Comparison.EQ, p.sum(before, "E"), integer(0));
    Value kept = p.binary(BinaryKind.AND, some, isFirst);
    return new Choices(
        p.select(kept, indices, integer(0)), p.select(kept, gatesAt(gates, indices), number(0)));
  }

  /**
   * The gates of experts, {@code [G, S, K]}. They are selected, because in a product with a one-hot
   * a NaN would spread to other experts.
   */
  private Value gatesAt(Value gates, Value indices) {
    Value isChosen = p.oneHot(indices, "E", experts, DType.BOOL);
    Value each = p.broadcast(gates, "K", options.router().choices());
    return p.sum(p.select(isChosen, each, number(0)), "E");
  }

  /**
   * The keys by which experts are chosen: gates plus bias, or {@code order} if there is no bias.
   */
  private Value keys(Value gates, Value order) {
    Value all = bias.map(added -> p.add(gates, added)).orElse(order);
    return p.select(isOpen(gates), all, number(Double.NEGATIVE_INFINITY));
  }

  /** The gates, with 0 for experts of groups that the token may not use. */
  private Value limited(Value gates, Value order) {
    return options.groupLimit().map(limit -> limited(gates, order, limit)).orElse(gates);
  }

  private Value limited(Value gates, Value order, GroupLimit limit) {
    long size = experts / limit.groups();
    boolean highest = limit.score() == GroupLimit.Score.BEST;
    Value scored = keys(gates, highest ? order : gates);
    Value grouped = p.split(scored, "E", "N", limit.groups(), "P");
    long best = highest ? 1 : Math.min(2, size);
    Value keys = p.topK(grouped, "P", best, "B").getFirst();
    Value first = p.sum(p.slice(keys, "B", 0, 1), "B");
    // A second expert that the token may not use adds nothing to its group's score.
    Value rest = p.slice(keys, "B", 1, best);
    Value closed = p.compare(Comparison.EQ, rest, number(Double.NEGATIVE_INFINITY));
    Value scores = p.add(first, p.sum(p.select(closed, number(0), rest), "B"));
    Value groups = p.topK(scores, "N", limit.chosen(), "L").getLast();
    Value isOpen = p.reduce(ReduceKind.MAX, p.oneHot(groups, "N", limit.groups(), DType.BOOL), "L");
    Value each = p.broadcast(isOpen, "P", size);
    return p.select(p.merge(each, "E", "N", "P"), gates, number(0));
  }

  private Value withSecond(Value choices, Value second) {
    Value last = p.einsum(Equation.parse("GS->GSK"), List.of(second), Map.of("K", 1L));
    return p.concatenate("K", p.slice(choices, "K", 0, 1), last);
  }

  private Value all() {
    return p.constant(type(DType.BOOL, "G", "S", "K"), 1);
  }

  private Value isSecond() {
    return p.compare(Comparison.EQ, p.iota(type(DType.I32, "K"), "K"), integer(1));
  }

  /**
   * Whether a choice is sent: true for all first choices, and for the second choices that the
   * policy selects.
   */
  private Value accepted(Value gates) {
    return switch (options.secondChoice()) {
      case SecondChoice.All _, SecondChoice.Sample _ -> all();
      case SecondChoice.None _ ->
          p.binary(BinaryKind.AND, all(), p.unary(UnaryKind.NOT, isSecond()));
      case SecondChoice.Threshold(double threshold) ->
          firstOr(p.compare(Comparison.GT, gates, number(threshold)));
      case SecondChoice.Random(double threshold) -> {
        Value limit = p.divide(gates, number(threshold));
        yield firstOr(p.compare(Comparison.GT, limit, uniform()));
      }
    };
  }

  /** The given uniform numbers, or numbers of a generator keyed by the token's index. */
  private Value uniform() {
    return uniform.orElseGet(this::drawn);
  }

  private Value drawn() {
    Randomness randomness = form.randomness();
    ValueType type = type(DType.F64, "G", "S");
    Value seed = whole(randomness.seed());
    if (randomness.firstToken() == 0 || groups * tokens == 0) {
      return p.random(seed, randomness.stream(), type);
    }
    ValueType flat = ValueType.of(DType.I64, List.of("T"), List.of(groups * tokens));
    Value index = p.add(p.iota(flat, "T"), whole(randomness.firstToken()));
    Value tokenIndex = p.split(index, "T", "G", groups, "S");
    return p.uniform(seed, tokenIndex, randomness.stream(), DType.F64);
  }

  private Value whole(long value) {
    return p.constant(DType.I64, value);
  }

  private Value firstOr(Value accepted) {
    return p.binary(BinaryKind.OR, accepted, p.unary(UnaryKind.NOT, isSecond()));
  }

  /** The number of choices of each expert that the loss counts, {@code [G, E]}. */
  private Value counts(Value asked, Value open, Value load) {
    return switch (options.auxLoss().choices()) {
      case FIRST -> {
        Value first = p.convert(p.slice(open, "K", 0, 1), DType.I32);
        yield p.sum(p.multiply(p.slice(asked, "K", 0, 1), first), "K", "S");
      }
      case ALL, ALL_OVER_K -> p.sum(load, "K", "S");
    };
  }

  /**
   * The second experts.
   *
   * @param gates {@code [G, S, E]}
   * @param first {@code [G, S]} of i32
   * @return {@code [G, S]} of i32
   */
  private Value sampled(Value gates, Value first) {
    Value isFirst = p.oneHot(first, "E", experts, DType.BOOL);
    return form.uniform() == Uniform.PER_EXPERT
        ? byGumbelMax(gates, first, isFirst, uniform())
        : byRunningSum(gates, first, isFirst, uniform());
  }

  /** The second choice if no expert can be drawn: the lowest expert except the first choice. */
  private Value lowest(Value first) {
    return p.convert(p.compare(Comparison.EQ, first, integer(0)), DType.I32);
  }

  private Value byRunningSum(Value gates, Value first, Value isFirst, Value numbers) {
    long last = experts - 1;
    Value others = p.select(isFirst, number(0), gates);
    Value run = p.cumulativeSum(others, "E");
    Value rest = p.sum(p.slice(run, "E", last, last + 1), "E");
    Value some = p.compare(Comparison.GT, others, number(0));
    Value beyond = p.compare(Comparison.GT, run, p.multiply(numbers, rest));
    Value hit = p.binary(BinaryKind.AND, some, beyond);
    Value index = p.iota(type(DType.I32, "E"), "E");
    // If rounding keeps every sum below the target, the last expert that has a gate is chosen.
    Value highest = p.reduce(ReduceKind.MAX, p.select(some, index, integer(-1)), "E");
    Value none = p.compare(Comparison.LT, highest, integer(0));
    return p.select(
        p.reduce(ReduceKind.MAX, hit, "E"),
        p.argMax(hit, "E"),
        p.select(none, lowest(first), highest));
  }

  private Value byGumbelMax(Value gates, Value first, Value isFirst, Value numbers) {
    Value noise = p.negate(log(p.negate(log(numbers))));
    Value score = p.add(log(gates), noise);
    Value never = number(Double.NEGATIVE_INFINITY);
    Value isNan = p.compare(Comparison.NE, score, score);
    Value open = p.select(p.binary(BinaryKind.OR, isFirst, isNan), never, score);
    Value some = p.compare(Comparison.GT, p.reduce(ReduceKind.MAX, open, "E"), never);
    return p.select(some, p.argMax(open, "E"), lowest(first));
  }

  private Value log(Value x) {
    return p.unary(UnaryKind.LOG, x);
  }

  private Placed placeExperts(Value gates, Value order) {
    Value rank = p.let("rank", rank(keys(gates, order)));
    Value placed = p.compare(Comparison.GT, rank, integer(0));
    Value zero = number(0);
    Value chosen = p.rename(p.select(placed, gates, zero), "E", "K");
    Value after = normalized(chosen, Normalization.AFTER_DROPPING, chosen);
    Value isPlaced = p.rename(placed, "E", "K");
    Value weights = p.convert(p.select(isPlaced, after, zero), dtype);
    Value index = p.iota(type(DType.I32, "E"), "E");
    Value start = p.multiply(index, integer(form.capacity()));
    Value flat = p.subtract(p.add(rank, start), integer(1));
    Value sent = p.compare(Comparison.NE, weights, p.constant(dtype, 0));
    Value positions = p.select(sent, p.rename(flat, "E", "K"), integer(-1));
    Value taken = p.sum(p.convert(placed, DType.I32), "S");
    Value none = p.constant(type(DType.I32, "G"), 0);
    Value got = p.sum(p.convert(p.rename(sent, "K", "E"), DType.I32), "S");
    return new Placed(weights, positions, rank, taken, got, none);
  }

  /**
   * The rank of each token at each expert: 1 for the best token, 0 if the expert does not take the
   * token.
   */
  private Value rank(Value keys) {
    long count = Math.min(form.capacity(), tokens);
    List<Value> top = p.topK(keys, "S", count, "C");
    ValueType slots = ValueType.of(DType.I32, List.of("C"), List.of(count));
    Value number = p.add(p.iota(slots, "C"), integer(1));
    Value closed = p.compare(Comparison.EQ, top.getFirst(), number(Double.NEGATIVE_INFINITY));
    Value numbers = p.select(closed, integer(0), number);
    Value takers = p.oneHot(top.getLast(), "S", tokens, DType.I32);
    return p.einsum("GCES,GCE->GSE", takers, numbers);
  }

  private Value number(double value) {
    return p.constant(DType.F64, value);
  }

  private Value integer(long value) {
    return p.constant(DType.I32, value);
  }

  private ValueType type(DType of, String... labels) {
    List<Long> sizes = Arrays.stream(labels).map(this::size).toList();
    return ValueType.of(of, List.of(labels), sizes);
  }

  private Long size(String label) {
    return switch (label) {
      case "G" -> groups;
      case "S" -> tokens;
      case "E" -> experts;
      case "K" -> (long) options.router().choices();
      default -> throw new IllegalStateException("label " + label);
    };
  }

  /** The numbers that belong to real tokens; 0 for padding. */
  private Value ofReal(Value numbers) {
    return real.map(mask -> p.select(mask, numbers, number(0))).orElse(numbers);
  }

  /** {@link io.github.shardsum.internal.moe.route.GroupRoute#isOpen}; false for padding. */
  private Value isOpen(Value gates) {
    return p.unary(UnaryKind.NOT, p.compare(Comparison.LE, gates, number(0)));
  }

  /**
   * The gates, divided by epsilon plus the sum of {@code summed} along K if the options normalize
   * at this point.
   */
  private Value normalized(Value gates, Normalization now, Value summed) {
    if (options.normalization() != now) {
      return gates;
    }
    Value epsilon = number(options.normalizationEpsilon());
    Value sum = p.add(p.sum(summed, "K"), epsilon);
    Value unbounded = p.compare(Comparison.EQ, sum, number(Double.POSITIVE_INFINITY));
    Value unit = p.select(unbounded, number(GroupRouter.SMALL), number(1));
    Value bounded = p.add(p.sum(p.multiply(summed, unit), "K"), p.multiply(epsilon, unit));
    return quotient(p.multiply(gates, unit), bounded);
  }

  /** x / y; 0 where y is 0. */
  private Value quotient(Value x, Value y) {
    Value some = p.compare(Comparison.NE, y, number(0));
    Value divided = p.divide(x, p.select(some, y, number(1)));
    return p.select(some, divided, number(0));
  }
}
