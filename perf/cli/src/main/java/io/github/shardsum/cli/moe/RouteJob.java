package io.github.shardsum.cli.moe;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.Route;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteMetrics;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A job of {@code shardsum route}: logits, and how tokens are to be sent to experts. */
record RouteJob(RouteInput<Tensor> input, RouteOptions options) {
  private static final String WHOLE = "a whole number of 1 to " + Integer.MAX_VALUE;
  private static final String NONE = "none";

  /** Members that set one option each. */
  private static final List<String> WORDS =
      List.of(
          "capacity",
          "router",
          "k",
          "second",
          "normalize",
          "order",
          "rejectedKeepsSlot",
          "aux",
          "auxPadding",
          "auxChoices");

  /** Words of the notation that are not members. */
  private static final List<String> OF_NOTATION =
      List.of("rejected", "slots", "gates", "limit", "epsilon", "z");

  /** All members: those of the input, and those that set options. */
  private static final List<String> MEMBERS =
      Stream.concat(Stream.of("id", "logits", "nonpadding", "uniform", "options"), WORDS.stream())
          .toList();

  /**
   * The job of an object.
   *
   * @throws IllegalArgumentException if a required member is missing, or a member is misspelt or
   *     has another kind, shape or range
   */
  static RouteJob of(JsonNode job) {
    RouteJobMembers.check(job, MEMBERS);
    for (String word : OF_NOTATION) {
      if (job.has(word)) {
        throw must(word, "in \"options\", as a word of the notation", job.get(word));
      }
    }
    Tensor logits = numbers(job, "logits", 3).orElseThrow(() -> must("logits", "given", NONE));
    RouteInput<Tensor> input = RouteInput.logits(logits);
    Optional<Tensor> nonPadding = numbers(job, "nonpadding", 2);
    if (nonPadding.isPresent()) {
      checkMask(nonPadding.get());
      input = input.withNonPadding(nonPadding.get());
    }
    int rank = rank(job.path("uniform"));
    Optional<Tensor> uniform = numbers(job, "uniform", rank == 3 ? 3 : 2);
    if (uniform.isPresent()) {
      input = input.withUniform(uniform.get());
    }
    return new RouteJob(input, options(job));
  }

  /** Answers with the route; missing random numbers are drawn with seed 0. */
  void run(ObjectNode answer) {
    Route route = Route.of(input, options, Randomness.seeded(0), Workers.sequential());
    putCombine(route, answer.putArray("combine"));
    RouteMetrics metrics = route.metrics();
    answer.put("aux", metrics.meanAuxLoss());
    answer.put("zLoss", metrics.zLoss().orElse(0));
    ArrayNode load = answer.putArray("load");
    for (long used : usedSlots(metrics, route.capacity())) {
      load.add(used);
    }
    answer.put("dropped", metrics.overflow());
  }

  /** Rows {@code [g, s, e, c, weight]}, ascending. */
  private static void putCombine(Route route, ArrayNode combine) {
    Tensor positions = route.combine().positions();
    long[] places = positions.toLongArray();
    double[] weights = route.combine().weights().toDoubleArray();
    int tokens = Math.toIntExact(positions.size(1));
    int choices = Math.toIntExact(positions.size(2));
    for (int token = 0; token * choices < places.length; token++) {
      int group = token / tokens;
      int inGroup = token % tokens;
      IntStream.range(token * choices, (token + 1) * choices)
          .filter(at -> places[at] >= 0)
          .boxed()
          .sorted(Comparator.comparingLong(at -> places[at]))
          .forEach(
              at ->
                  combine
                      .addArray()
                      .add(group)
                      .add(inGroup)
                      .add(places[at] / route.capacity())
                      .add(places[at] % route.capacity())
                      .add(weights[at]));
    }
  }

  /** Used slots of each expert, summed over groups; a rejected choice may use one too. */
  private static long[] usedSlots(RouteMetrics metrics, long capacity) {
    long[] asked = metrics.load().toLongArray();
    long[] used = new long[Math.toIntExact(metrics.load().size(1))];
    for (int i = 0; i < asked.length; i++) {
      used[i % used.length] += Math.min(asked[i], capacity);
    }
    return used;
  }

  private static void checkMask(Tensor mask) {
    for (double value : mask.toDoubleArray()) {
      if (value != 0 && value != 1) {
        throw must("nonpadding", "0 or 1 for each token", value);
      }
    }
  }

  private static RouteOptions options(JsonNode job) {
    Optional<String> notation = text(job, "options");
    if (notation.isPresent()) {
      List<String> both = WORDS.stream().filter(job::has).toList();
      if (!both.isEmpty()) {
        throw must("options", "the only member that sets an option", "also " + both);
      }
      return RouteOptions.parse(notation.get());
    }
    return words(job);
  }

  private static RouteOptions words(JsonNode job) {
    RouteOptions.Builder options =
        RouteOptions.builder()
            .capacity(Capacity.fixed(whole(job, "capacity").orElseThrow(() -> noCapacity())));
    Router router = router(job);
    options.router(router);
    options.auxLoss(auxLoss(job, router));
    Optional<String> second = text(job, "second");
    if (second.isPresent()) {
      options.secondChoice(second(second.get()));
    } else if (!text(job, "router").orElse("top2").equals("top2")) {
      options.secondChoice(SecondChoice.all());
    }
    word(
            job,
            "normalize",
            Map.of(
                "before",
                Normalization.BEFORE_DROPPING,
                "after",
                Normalization.AFTER_DROPPING,
                NONE,
                Normalization.NONE))
        .ifPresent(options::normalization);
    word(
            job,
            "order",
            Map.of(
                "choice", SlotOrder.CHOICE_MAJOR,
                "token", SlotOrder.TOKEN_MAJOR,
                "probability", SlotOrder.BATCH_PRIORITIZED))
        .ifPresent(options::slotOrder);
    flag(job, "rejectedKeepsSlot").ifPresent(options::rejectedKeepsSlot);
    return options.build();
  }

  private static IllegalArgumentException noCapacity() {
    return must("capacity", WHOLE, NONE);
  }

  private static Router router(JsonNode job) {
    Optional<Integer> choices = whole(job, "k");
    String name = text(job, "router").orElse("top2");
    Router router =
        switch (name) {
          case "top1" -> Router.top1();
          case "top2" -> Router.top2();
          case "topk" ->
              Router.topK(choices.orElseThrow(() -> must("k", "given with router topk", NONE)));
          case "expert-choice" -> Router.expertChoice();
          default -> throw must("router", "one of top1, top2, topk, expert-choice", name);
        };
    boolean contradicted = choices.isPresent() && choices.get() != router.choices();
    if (contradicted && router instanceof Router.TokenChoice) {
      throw must("k", router.choices() + " or absent with router " + name, choices.get());
    }
    return router;
  }

  private static SecondChoice second(String value) {
    int colon = value.indexOf(':');
    String name = value.substring(0, Math.max(colon, 0));
    return switch (colon < 0 ? value : name + ":t") {
      case "all" -> SecondChoice.all();
      case NONE -> SecondChoice.none();
      case "sample" -> SecondChoice.sample();
      case "threshold:t" -> SecondChoice.threshold(number(value.substring(colon + 1)));
      case "random:t" -> SecondChoice.random(number(value.substring(colon + 1)));
      default -> throw must("second", "one of all, none, threshold:t, random:t, sample", value);
    };
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "job: \"second\" must have a number after the colon, got " + text, e);
    }
  }

  private static AuxLoss auxLoss(JsonNode job, Router router) {
    AuxLoss.Scale scale =
        word(job, "aux", Map.of("paper", AuxLoss.Scale.MEAN, "e2", AuxLoss.Scale.SQUARED_EXPERTS))
            .orElse(AuxLoss.Scale.MEAN);
    MaskedMean mean =
        word(
                job,
                "auxPadding",
                Map.of(
                    "group", MaskedMean.OVER_GROUP,
                    "real", MaskedMean.OVER_REAL,
                    "included", MaskedMean.UNMASKED))
            .orElse(MaskedMean.OVER_GROUP);
    int counted = whole(job, "auxChoices").orElse(1);
    if (counted != 1 && counted != router.choices()) {
      throw must("auxChoices", "1 or the router's " + router.choices(), counted);
    }
    return new AuxLoss(scale, counted == 1 ? AuxLoss.Choices.FIRST : AuxLoss.Choices.ALL, mean);
  }

  private static IllegalArgumentException must(String member, String rule, Object given) {
    return wrongArgument("job: \"%s\" must be %s, got %s", member, rule, given);
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static Optional<String> text(JsonNode job, String member) {
    JsonNode node = job.path(member);
    if (isAbsent(node)) {
      return Optional.empty();
    }
    if (!node.isString()) {
      throw must(member, "a string", node);
    }
    return Optional.of(node.stringValue());
  }

  private static <T> Optional<T> word(JsonNode job, String member, Map<String, T> words) {
    return text(job, member)
        .map(
            word ->
                Optional.ofNullable(words.get(word))
                    .orElseThrow(
                        () ->
                            must(
                                member,
                                "one of " + String.join(", ", new TreeMap<>(words).keySet()),
                                word)));
  }

  private static Optional<Boolean> flag(JsonNode job, String member) {
    JsonNode node = job.path(member);
    if (isAbsent(node)) {
      return Optional.empty();
    }
    if (!node.isBoolean()) {
      throw must(member, "true or false", node);
    }
    return Optional.of(node.booleanValue());
  }

  private static Optional<Integer> whole(JsonNode job, String member) {
    JsonNode node = job.path(member);
    if (isAbsent(node)) {
      return Optional.empty();
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
      throw must(member, WHOLE, node);
    }
    return Optional.of(node.intValue());
  }

  /** The depth of nested arrays, along the first element of each. */
  private static int rank(JsonNode node) {
    int rank = 0;
    for (JsonNode at = node; at.isArray(); at = at.path(0)) {
      rank++;
    }
    return rank;
  }

  /** A tensor from nested arrays, whose lengths are equal at each level. */
  private static Optional<Tensor> numbers(JsonNode job, String member, int rank) {
    JsonNode node = job.path(member);
    if (isAbsent(node)) {
      return Optional.empty();
    }
    long[] shape = new long[rank];
    JsonNode first = node;
    for (int axis = 0; axis < rank; axis++) {
      shape[axis] = first.size();
      first = first.path(0);
    }
    long length = Shape.of(shape).elementCount();
    if (length > Shape.LONGEST_ARRAY) {
      throw must(member, "at most 2^31 - 9 numbers", Shape.of(shape));
    }
    Numbers numbers = new Numbers(member, shape, new double[(int) length], new int[rank]);
    numbers.read(node, 0, 0);
    return Optional.of(Tensor.of(numbers.values, shape));
  }

  /**
   * Copies the numbers of nested arrays into one array.
   *
   * @param at indices of the current array
   */
  private record Numbers(String member, long[] shape, double[] values, int[] at) {
    /**
     * Reads an array of some depth into the values from a position on. Returns the next position.
     */
    int read(JsonNode node, int depth, int to) {
      long size = shape[depth];
      if (!node.isArray() || node.size() != size || size == 0) {
        throw wrong(node, depth);
      }
      int next = to;
      for (int i = 0; i < size; i++) {
        at[depth] = i;
        JsonNode each = node.path(i);
        if (depth + 1 < shape.length) {
          next = read(each, depth + 1, next);
        } else if (each.isNumber()) {
          values[next++] = each.numberValue().doubleValue();
        } else if (each.isString() && each.stringValue().equals("-Infinity")) {
          values[next++] = Double.NEGATIVE_INFINITY;
        } else {
          throw must(place(depth + 1), "a number", each);
        }
      }
      return next;
    }

    private IllegalArgumentException wrong(JsonNode node, int depth) {
      long size = shape[depth];
      String rule =
          size == 0 ? "an array with something in it" : "an array of " + size + " like the first";
      return must(place(depth), rule, node.isArray() ? "one of " + node.size() : node);
    }

    private String place(int depth) {
      return depth == 0 ? member : member + Arrays.toString(Arrays.copyOf(at, depth));
    }
  }

  /** The names of the JSON members of a route job: a misspelling is refused. */
  private static final class RouteJobMembers {
    /** Least length of a name that is compared: shorter names are near too many words. */
    private static final int LEAST_LENGTH = 5;

    private RouteJobMembers() {}

    /**
     * Refuses a member whose name is a misspelling of a known one: ignored, it would change the
     * answer without a word.
     *
     * @throws IllegalArgumentException if there is such a member
     */
    static void check(JsonNode job, List<String> known) {
      for (String name : job.propertyNames()) {
        for (String one : known) {
          if (!known.contains(name) && one.length() >= LEAST_LENGTH && isNear(name, one)) {
            throw new IllegalArgumentException(
                "job: must have member \"" + one + "\", got \"" + name + "\"");
          }
        }
      }
    }

    /**
     * Whether two names are equal apart from case, hyphens, underscores and one slip. A slip is a
     * letter that is missing, added or changed, or two neighbours that are swapped.
     */
    static boolean isNear(String name, String other) {
      String a = plain(name);
      String b = plain(other);
      int both = Math.min(a.length(), b.length());
      int head = 0;
      while (head < both && a.charAt(head) == b.charAt(head)) {
        head++;
      }
      int tail = 0;
      while (tail < both - head
          && a.charAt(a.length() - 1 - tail) == b.charAt(b.length() - 1 - tail)) {
        tail++;
      }
      String ofA = a.substring(head, a.length() - tail);
      String ofB = b.substring(head, b.length() - tail);
      boolean swapped = ofA.length() == 2 && ofB.contentEquals(new StringBuilder(ofA).reverse());
      return swapped || Math.max(ofA.length(), ofB.length()) <= 1;
    }

    private static String plain(String name) {
      return name.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    }
  }
}
