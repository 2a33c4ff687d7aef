package io.github.shardsum.internal.moe.route;

import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.Capacity.Rounding;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.GateFunction;
import io.github.shardsum.moe.RouteOptions.GroupLimit;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Prints and parses {@link RouteOptions}; the javadoc of that class lists the words. */
public final class RouteNotation {
  private static final Pattern WORD = Pattern.compile("\\S+");
  private static final Pattern ROUTER = Pattern.compile("(top|experts)(\\d{1,9})");
  private static final Pattern LIMIT = Pattern.compile("(\\d{1,9})/(\\d{1,9})(,best)?");
  private static final String KEYS =
      "gates, limit, second, rejected, normalize, epsilon, slots, capacity, aux and z";

  /** Number of characters that an error shows around the wrong word of a long notation. */
  private static final int SHOWN = 300;

  private final String notation;
  private final RouteOptions.Builder options = RouteOptions.builder();
  private final Set<String> seen = new HashSet<>();

  private RouteNotation(String notation) {
    this.notation = notation;
  }

  /**
   * The notation of options.
   *
   * @return one line
   */
  public static String print(RouteOptions options) {
    StringJoiner words = new StringJoiner(" ");
    words.add(print(options.router()));
    if (options.gateFunction() != GateFunction.SOFTMAX) {
      words.add("gates=" + word(options.gateFunction()));
    }
    options.groupLimit().ifPresent(limit -> words.add("limit=" + print(limit)));
    boolean all = options.secondChoice() instanceof SecondChoice.All;
    if (!all || options.router().equals(Router.top2())) {
      words.add("second=" + print(options.secondChoice()));
    }
    if (!options.rejectedKeepsSlot()) {
      words.add("rejected=free");
    }
    words.add("normalize=" + word(options.normalization()));
    if (Double.compare(options.normalizationEpsilon(), 0) != 0) {
      words.add("epsilon=" + number(options.normalizationEpsilon()));
    }
    words.add("slots=" + word(options.slotOrder()));
    words.add("capacity=" + print(options.capacity()));
    words.add("aux=" + print(options.auxLoss()));
    words.add("z=" + word(options.zLoss()));
    return words.toString();
  }

  private static String print(Router router) {
    return switch (router) {
      case Router.TokenChoice(int choices) -> "top" + choices;
      case Router.ExpertChoice(int choices) -> "experts" + choices;
    };
  }

  /**
   * The value after {@code limit=}.
   *
   * @return a word
   */
  public static String print(GroupLimit limit) {
    return limit.chosen()
        + "/"
        + limit.groups()
        + (limit.score() == GroupLimit.Score.BEST ? ",best" : "");
  }

  /**
   * The value after {@code second=}.
   *
   * @param second the policy
   * @return a word
   */
  public static String print(SecondChoice second) {
    return switch (second) {
      case SecondChoice.All _ -> "all";
      case SecondChoice.None _ -> "none";
      case SecondChoice.Threshold(double threshold) -> "threshold:" + number(threshold);
      case SecondChoice.Random(double threshold) -> "random:" + number(threshold);
      case SecondChoice.Sample _ -> "sample";
    };
  }

  private static String print(Capacity capacity) {
    return switch (capacity) {
      case Capacity.Fixed(int slots) -> "fixed:" + slots;
      case Capacity.LargestLoad(int multiple) -> "load" + multiple(multiple);
      case Capacity.Factor(double factor, Rounding rounding, int minimum, int multiple) ->
          "factor:"
              + number(factor)
              + (rounding == Rounding.CEIL ? "" : "," + word(rounding))
              + (minimum == 1 ? "" : ",min:" + minimum)
              + multiple(multiple);
    };
  }

  private static String multiple(int multiple) {
    return multiple == 1 ? "" : ",multiple:" + multiple;
  }

  private static String print(AuxLoss loss) {
    return word(loss.scale())
        + (loss.choices() == AuxLoss.Choices.FIRST ? "" : "," + word(loss.choices()))
        + (loss.mean() == MaskedMean.OVER_GROUP ? "" : "," + word(loss.mean()));
  }

  private static String number(double value) {
    String text = Double.toString(value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }

  private static String word(GateFunction function) {
    return switch (function) {
      case SOFTMAX -> "softmax";
      case SIGMOID -> "sigmoid";
    };
  }

  private static String word(Normalization normalization) {
    return switch (normalization) {
      case BEFORE_DROPPING -> "before";
      case AFTER_DROPPING -> "after";
      case NONE -> "never";
    };
  }

  private static String word(SlotOrder order) {
    return switch (order) {
      case CHOICE_MAJOR -> "choice";
      case TOKEN_MAJOR -> "token";
      case BATCH_PRIORITIZED -> "priority";
      case GATE -> "gate";
    };
  }

  private static String word(MaskedMean mean) {
    return switch (mean) {
      case OVER_GROUP -> "group";
      case OVER_REAL -> "real";
      case UNMASKED -> "unmasked";
    };
  }

  private static String word(Rounding rounding) {
    return switch (rounding) {
      case CEIL -> "ceil";
      case FLOOR -> "floor";
      case CEIL_PER_CHOICE -> "ceil-each";
    };
  }

  private static String word(AuxLoss.Scale scale) {
    return switch (scale) {
      case MEAN -> "mean";
      case SQUARED_EXPERTS -> "squared";
    };
  }

  private static String word(AuxLoss.Choices choices) {
    return switch (choices) {
      case FIRST -> "first";
      case ALL -> "all";
      case ALL_OVER_K -> "all-over-k";
    };
  }

  /**
   * The options of a notation.
   *
   * @param notation words with blanks between them
   * @throws IllegalArgumentException if a word is unknown, given twice or out of range, or the
   *     options contradict each other
   */
  public static RouteOptions parse(String notation) {
    RouteNotation reader = new RouteNotation(notation);
    Matcher words = WORD.matcher(notation);
    while (words.find()) {
      reader.read(words.toMatchResult());
    }
    return reader.options.build();
  }

  private void read(MatchResult word) {
    try {
      read(word.group());
    } catch (NumberFormatException e) {
      throw wrong("route: expected a number in " + word.group(), word, e);
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()), word, e);
    }
  }

  private IllegalArgumentException wrong(
      String rule, MatchResult word, IllegalArgumentException cause) {
    int from = Math.max(0, Math.min(word.start() - SHOWN / 2, notation.length() - SHOWN));
    String around = shown(notation.substring(from));
    String caret = " ".repeat(word.start() - from) + "^";
    return new IllegalArgumentException(shown(rule) + "\n  " + around + "\n  " + caret, cause);
  }

  private static String shown(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }

  private void read(String word) {
    int equals = word.indexOf('=');
    String key = equals < 0 ? "router" : word.substring(0, equals);
    String value = word.substring(equals + 1);
    if (!seen.add(key)) {
      throw new IllegalArgumentException("route: " + key + " must be given once, got " + word);
    }
    switch (key) {
      case "router" -> options.router(router(value));
      case "gates" ->
          options.gateFunction(choose("gates", value, GateFunction.values(), RouteNotation::word));
      case "limit" -> options.groupLimit(Optional.of(limit(value)));
      case "second" -> options.secondChoice(second(value));
      case "rejected" ->
          options.rejectedKeepsSlot(
              choose("rejected", value, List.of(true, false), keeps -> keeps ? "keep" : "free"));
      case "normalize" ->
          options.normalization(
              choose("normalize", value, Normalization.values(), RouteNotation::word));
      case "epsilon" -> options.normalizationEpsilon(Double.parseDouble(value));
      case "slots" ->
          options.slotOrder(choose("slots", value, SlotOrder.values(), RouteNotation::word));
      case "capacity" -> options.capacity(capacity(value));
      case "aux" -> options.auxLoss(auxLoss(value));
      case "z" -> options.zLoss(choose("z", value, MaskedMean.values(), RouteNotation::word));
      default ->
          throw new IllegalArgumentException(
              "route: expected a router or one of " + KEYS + ", got " + word);
    }
  }

  private static Router router(String word) {
    Matcher matcher = ROUTER.matcher(word);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "route: the router must be topN or expertsN, such as top2, got " + word);
    }
    int choices = Integer.parseInt(matcher.group(2));
    return matcher.group(1).equals("top") ? Router.topK(choices) : new Router.ExpertChoice(choices);
  }

  private static GroupLimit limit(String value) {
    Matcher matcher = LIMIT.matcher(value);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "route: limit must be chosen/groups or chosen/groups,best, such as 4/8, got " + value);
    }
    return new GroupLimit(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        matcher.group(3) == null ? GroupLimit.Score.TWO_BEST : GroupLimit.Score.BEST);
  }

  private static SecondChoice second(String value) {
    return switch (name(value, "threshold", "random")) {
      case "all" -> SecondChoice.all();
      case "none" -> SecondChoice.none();
      case "threshold" -> SecondChoice.threshold(Double.parseDouble(argument(value)));
      case "random" -> SecondChoice.random(Double.parseDouble(argument(value)));
      case "sample" -> SecondChoice.sample();
      default ->
          throw new IllegalArgumentException(
              "route: second must be all, none, threshold:t, random:t or sample, got " + value);
    };
  }

  private static Capacity capacity(String value) {
    String[] parts = value.split(",", -1);
    Capacity capacity =
        switch (name(parts[0], "fixed", "factor")) {
          case "fixed" -> Capacity.fixed(Integer.parseInt(argument(parts[0])));
          case "load" -> Capacity.largestLoad();
          case "factor" -> Capacity.factor(Double.parseDouble(argument(parts[0])));
          default ->
              throw new IllegalArgumentException(
                  "route: capacity must be fixed:slots, load or factor:f, got " + value);
        };
    for (String part : Arrays.asList(parts).subList(1, parts.length)) {
      capacity = modified(capacity, part);
    }
    return capacity;
  }

  private static Capacity modified(Capacity capacity, String part) {
    String name = name(part, "min", "multiple");
    if (name.equals("multiple") && capacity instanceof Capacity.LargestLoad) {
      return new Capacity.LargestLoad(Integer.parseInt(argument(part)));
    }
    if (!(capacity instanceof Capacity.Factor factor)) {
      throw new IllegalArgumentException(
          "route: expected nothing after capacity=" + print(capacity) + ", got " + part);
    }
    return switch (name) {
      case "min" -> factor.atLeast(Integer.parseInt(argument(part)));
      case "multiple" -> factor.multipleOf(Integer.parseInt(argument(part)));
      default ->
          factor.rounding(
              choose(
                  "the rest of capacity=factor",
                  part,
                  List.of(Rounding.values()),
                  RouteNotation::word,
                  ", min:slots, multiple:slots"));
    };
  }

  private static AuxLoss auxLoss(String value) {
    String[] parts = value.split(",", -1);
    AuxLoss.Scale scale = choose("aux", parts[0], AuxLoss.Scale.values(), RouteNotation::word);
    AuxLoss loss = new AuxLoss(scale, AuxLoss.Choices.FIRST, MaskedMean.OVER_GROUP);
    for (String part : Arrays.asList(parts).subList(1, parts.length)) {
      if (Arrays.stream(AuxLoss.Choices.values()).anyMatch(each -> word(each).equals(part))) {
        loss = loss.over(choose("aux", part, AuxLoss.Choices.values(), RouteNotation::word));
      } else {
        loss =
            loss.mean(
                choose(
                    "the rest of aux",
                    part,
                    List.of(MaskedMean.values()),
                    RouteNotation::word,
                    ", first, all, all-over-k"));
      }
    }
    return loss;
  }

  /** The text before a colon, if a number may follow it; otherwise the whole value. */
  private static String name(String value, String... withNumber) {
    int colon = value.indexOf(':');
    String name = colon < 0 ? value : value.substring(0, colon);
    return List.of(withNumber).contains(name) ? name : value;
  }

  private static String argument(String value) {
    int colon = value.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("route: expected " + value + ":number, got " + value);
    }
    return value.substring(colon + 1);
  }

  private static <T> T choose(String key, String value, T[] all, Function<T, String> word) {
    return choose(key, value, List.of(all), word, "");
  }

  private static <T> T choose(String key, String value, List<T> all, Function<T, String> word) {
    return choose(key, value, all, word, "");
  }

  private static <T> T choose(
      String key, String value, List<T> all, Function<T, String> word, String others) {
    for (T each : all) {
      if (word.apply(each).equals(value)) {
        return each;
      }
    }
    String words = String.join(", ", all.stream().map(word).toList());
    throw new IllegalArgumentException(
        "route: " + key + " must be one of " + words + others + ", got " + value);
  }
}
