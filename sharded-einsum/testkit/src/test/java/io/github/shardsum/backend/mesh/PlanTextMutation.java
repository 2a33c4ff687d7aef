package io.github.shardsum.backend.mesh;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Faults in the text of a plan, as anyone may write it into a file. A text or number becomes
 * another one of the same member, or changes in one word or by one; an element of an array goes,
 * comes twice or changes its place; a step goes, comes twice or moves, and its readers follow it; a
 * collective is started, and awaited later.
 */
// Steps and words are told apart by identity: equal ones may occur several times.
@SuppressWarnings({"ReferenceEquality", "UnnecessaryStringBuilder"})
final class PlanTextMutation {
  private static final Pattern TOKEN =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|[^\\s\\[\\]{},:\"]+|[\\[\\]{}]");

  private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+");

  /** Members that say nothing about what a plan does. */
  private static final List<String> REMARKS = List.of("because", "runnerUp", "mesh", "deviceOrder");

  private final Random random;

  /** All places of the text. */
  private final List<Place> all = new ArrayList<>();

  PlanTextMutation(Random random) {
    this.random = random;
  }

  /** A place that holds a text, number, array or object, with the name of its member. */
  private record Place(List<Object> in, int at, Map<String, Object> of, String name) {
    Object value() {
      return of.isEmpty() ? in.get(at) : of.get(name);
    }

    void set(Object value) {
      if (of.isEmpty()) {
        in.set(at, value);
      } else {
        of.put(name, value);
      }
    }
  }

  /** A value of a plan by the object of the step that makes it; of an input by the plan. */
  private record Ref(Object maker, int place) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Ref ref && ref.maker == maker && ref.place == place;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(maker) + place;
    }
  }

  /** The text with one to three faults; empty where what was drawn does not apply. */
  Optional<String> of(String json) {
    Map<String, Object> file = new LinkedHashMap<>();
    file.put("plan", new Reader(json).member("plan"));
    String before = text(file);
    boolean isChanged = true;
    for (int faults = 1 + random.nextInt(5) / 3; faults > 0; faults--) {
      isChanged &= isChanged(file);
    }
    String after = text(file);
    return isChanged && !after.equals(before) ? Optional.of(after) : Optional.empty();
  }

  private boolean isChanged(Map<String, Object> file) {
    all.clear();
    collect(new Place(List.of(), 0, file, "plan"), all);
    List<Place> some = random.nextBoolean() ? all : aStep();
    return switch (random.nextInt(16)) {
      case 0, 1, 2 -> like(some, String.class);
      case 3, 4, 5 -> word(some);
      case 6 -> renamed(some);
      case 7, 8 -> number(some);
      case 9 -> like(some, Integer.class);
      case 10, 11 -> element(some);
      case 12 -> like(some, List.class);
      default -> steps();
    };
  }

  /** The places of one step; every kind of action is as likely as another. */
  private List<Place> aStep() {
    List<Place> steps = all.stream().filter(place -> has(place, "action")).toList();
    Optional<Object> kind = one(steps.stream().map(PlanTextMutation::action).distinct().toList());
    List<Place> inside = new ArrayList<>();
    one(steps.stream().filter(step -> kind.equals(Optional.of(action(step)))).toList())
        .ifPresent(step -> collect(step, inside));
    return inside;
  }

  private static boolean has(Place place, String member) {
    return place.value() instanceof Map<?, ?> map && map.containsKey(member);
  }

  private static Object action(Place step) {
    return object((Map<?, ?>) step.value()).get("action");
  }

  private static void collect(Place place, List<Place> all) {
    if (REMARKS.contains(place.name)) {
      return;
    }
    all.add(place);
    switch (place.value()) {
      case Map<?, ?> map -> {
        for (String name : object(map).keySet()) {
          collect(new Place(List.of(), 0, object(map), name), all);
        }
      }
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          collect(new Place(array(list), i, Map.of(), place.name), all);
        }
      }
      default -> {}
    }
  }

  private <T> Optional<T> one(List<T> of) {
    return of.isEmpty() ? Optional.empty() : Optional.of(of.get(random.nextInt(of.size())));
  }

  private Optional<Place> one(List<Place> places, Class<?> type) {
    return one(places.stream().filter(place -> type.isInstance(place.value())).toList());
  }

  private Optional<Place> other(Place than) {
    return one(
        all.stream()
            .filter(place -> place.name.equals(than.name))
            .filter(place -> place.value().getClass() == than.value().getClass())
            .filter(place -> !place.value().equals(than.value()))
            .toList());
  }

  /** A value becomes what another place of this name has. */
  private boolean like(List<Place> places, Class<?> type) {
    Optional<Place> place = one(places, type);
    Optional<Place> other = place.flatMap(one -> other(one));
    other.ifPresent(from -> place.get().set(copy(from.value())));
    return other.isPresent();
  }

  /** A word of a text becomes a word that a text of this name has. */
  private boolean word(List<Place> places) {
    Optional<Place> place = one(places, String.class);
    Optional<Place> other = place.flatMap(one -> other(one));
    if (other.isEmpty()) {
      return false;
    }
    List<String> words = words(other.get().value());
    String text = (String) place.get().value();
    List<String> own = words(text);
    if (words.isEmpty() || own.isEmpty()) {
      return false;
    }
    int at = random.nextInt(own.size());
    String with = words.get(random.nextInt(words.size()));
    place.get().set(replaced(text, at, with));
    return true;
  }

  private static String replaced(String text, int at, String with) {
    Matcher matcher = WORD.matcher(text);
    for (int i = 0; i <= at; i++) {
      matcher.find();
    }
    return text.substring(0, matcher.start()) + with + text.substring(matcher.end());
  }

  private static List<String> words(Object text) {
    return WORD.matcher((String) text).results().map(match -> match.group()).toList();
  }

  /** An axis or label becomes another one everywhere in a step or value. */
  private boolean renamed(List<Place> places) {
    Optional<Place> object = one(places, Map.class);
    Optional<Place> layout =
        one(all.stream().filter(place -> place.name.equals("layout")).toList());
    List<String> names = layout.map(place -> words(place.value())).orElse(List.of());
    Optional<String> from = one(names);
    Optional<String> to = one(names);
    if (from.equals(to) || object.isEmpty()) {
      return false;
    }
    List<Place> inside = new ArrayList<>();
    collect(object.get(), inside);
    for (Place place : inside) {
      if (place.value() instanceof String text) {
        place.set(
            WORD.matcher(text)
                .replaceAll(match -> match.group().equals(from.get()) ? to.get() : match.group()));
      }
    }
    return true;
  }

  private boolean number(List<Place> places) {
    Optional<Place> place = one(places, Integer.class);
    place.ifPresent(
        one ->
            one.set(
                Math.max(0, (int) one.value() + List.of(-2, -1, 1, 2, 90).get(random.nextInt(5)))));
    return place.isPresent();
  }

  private boolean element(List<Place> places) {
    Optional<Place> place =
        one(
            places.stream()
                .filter(one -> one.value() instanceof List<?> list && !list.isEmpty())
                .toList());
    if (place.isEmpty()) {
      return false;
    }
    List<Object> list = array((List<?>) place.get().value());
    int at = random.nextInt(list.size());
    switch (random.nextInt(3)) {
      case 0 -> list.remove(at);
      case 1 -> list.add(random.nextInt(list.size() + 1), copy(list.get(at)));
      default -> Collections.swap(list, at, random.nextInt(list.size()));
    }
    return true;
  }

  /** A change of a plan's steps, after which every reader reads the same step as before. */
  private boolean steps() {
    Optional<Place> place = one(all.stream().filter(one -> has(one, "steps")).toList());
    if (place.isEmpty()) {
      return false;
    }
    Map<String, Object> plan = object((Map<?, ?>) place.get().value());
    List<Object> steps = array((List<?>) plan.get("steps"));
    if (steps.isEmpty() || !referred(plan)) {
      return false;
    }
    int at = random.nextInt(steps.size());
    Map<String, Object> step = object((Map<?, ?>) steps.get(at));
    List<Object> operands = array((List<?>) step.get("operands"));
    switch (random.nextInt(4)) {
      case 0 -> {
        Ref operand = operands.isEmpty() ? new Ref(plan, 0) : (Ref) operands.getFirst();
        steps.remove(at);
        reread(plan, at, ref -> ref.maker == step ? operand : ref);
      }
      case 1 -> steps.add(random.nextInt(steps.size()), steps.remove(at));
      case 2 -> {
        Map<String, Object> again = object((Map<?, ?>) copy(step));
        steps.add(at + random.nextInt(steps.size() - at) + 1, again);
        if (random.nextBoolean()) {
          reread(
              plan,
              steps.indexOf(again) + 1,
              ref -> ref.maker == step ? new Ref(again, ref.place) : ref);
        }
      }
      default -> started(plan, steps, step, at + 1 + random.nextInt(steps.size() - at));
    }
    return numbered(plan);
  }

  /** The step is started in its place and awaited at another one. */
  private static void started(
      Map<String, Object> plan, List<Object> steps, Map<String, Object> step, int at) {
    Map<String, Object> await = new LinkedHashMap<>();
    await.put("action", "await");
    await.put("operands", new ArrayList<Object>(List.of(new Ref(step, 0))));
    await.put("results", copy(step.get("results")));
    await.put("because", "awaited");
    Map<String, Object> collective = new LinkedHashMap<>(step);
    collective.keySet().removeAll(List.of("operands", "results", "because", "runnerUp"));
    step.keySet().removeAll(collective.keySet());
    step.put("action", "start");
    step.put("collective", collective);
    steps.add(at, await);
    reread(plan, at + 1, ref -> ref.maker == step ? new Ref(await, ref.place) : ref);
  }

  private static void reread(Map<String, Object> plan, int from, UnaryOperator<Ref> change) {
    List<Object> steps = array((List<?>) plan.get("steps"));
    steps
        .subList(from, steps.size())
        .forEach(
            step ->
                array((List<?>) object((Map<?, ?>) step).get("operands"))
                    .replaceAll(ref -> change.apply((Ref) ref)));
    array((List<?>) plan.get("outputs")).replaceAll(ref -> change.apply((Ref) ref));
  }

  /** Replaces the numbers of values. */
  private static boolean referred(Map<String, Object> plan) {
    List<Ref> refs = refs(plan);
    List<List<Object>> reads = reads(plan);
    if (reads.stream().flatMap(List::stream).anyMatch(n -> (int) n >= refs.size())) {
      return false;
    }
    reads.forEach(list -> list.replaceAll(number -> refs.get((int) number)));
    return true;
  }

  private static boolean numbered(Map<String, Object> plan) {
    Map<Ref, Integer> numbers = new HashMap<>();
    refs(plan).forEach(ref -> numbers.put(ref, numbers.size()));
    boolean isAll = reads(plan).stream().flatMap(List::stream).allMatch(numbers::containsKey);
    reads(plan).forEach(list -> list.replaceAll(ref -> numbers.getOrDefault(ref, 0)));
    return isAll;
  }

  private static List<List<Object>> reads(Map<String, Object> plan) {
    List<List<Object>> reads = new ArrayList<>();
    for (Object step : (List<?>) plan.get("steps")) {
      reads.add(array((List<?>) object((Map<?, ?>) step).get("operands")));
    }
    reads.add(array((List<?>) plan.get("outputs")));
    return reads;
  }

  private static List<Ref> refs(Map<String, Object> plan) {
    List<Ref> refs = new ArrayList<>();
    for (int i = 0; i < ((List<?>) plan.get("inputs")).size(); i++) {
      refs.add(new Ref(plan, i));
    }
    for (Object step : (List<?>) plan.get("steps")) {
      for (int i = 0; i < ((List<?>) object((Map<?, ?>) step).get("results")).size(); i++) {
        refs.add(new Ref(step, i));
      }
    }
    return refs;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Map<?, ?> map) {
    return (Map<String, Object>) map;
  }

  @SuppressWarnings("unchecked")
  private static List<Object> array(List<?> list) {
    return (List<Object>) list;
  }

  private static Object copy(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((name, each) -> copy.put((String) name, copy(each)));
        yield copy;
      }
      case List<?> list ->
          list.stream()
              .map(PlanTextMutation::copy)
              .collect(Collectors.toCollection(ArrayList::new));
      default -> value;
    };
  }

  private static String text(Object value) {
    return switch (value) {
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(entry -> "\"" + entry.getKey() + "\":" + text(entry.getValue()))
              .collect(Collectors.joining(",", "{", "}"));
      case List<?> list ->
          list.stream().map(PlanTextMutation::text).collect(Collectors.joining(",", "[", "]"));
      case String text ->
          "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
      default -> String.valueOf(value);
    };
  }

  /** Reads what the printer of plans writes; other JSON it need not know. */
  private static final class Reader {
    private final Matcher tokens;

    Reader(String json) {
      tokens = TOKEN.matcher(json);
    }

    private String next() {
      tokens.find();
      return tokens.group();
    }

    Object member(String name) {
      next();
      for (String token = next(); !token.equals("\"" + name + "\""); token = next()) {
        value(next());
      }
      return value(next());
    }

    private Object value(String token) {
      return switch (token.charAt(0)) {
        case '{' -> {
          Map<String, Object> map = new LinkedHashMap<>();
          for (String name = next(); !name.equals("}"); name = next()) {
            map.put(name.substring(1, name.length() - 1), value(next()));
          }
          yield map;
        }
        case '[' -> {
          List<Object> list = new ArrayList<>();
          for (String each = next(); !each.equals("]"); each = next()) {
            list.add(value(each));
          }
          yield list;
        }
        case '"' ->
            token
                .substring(1, token.length() - 1)
                .replace("\\n", "\n")
                .replace("\\\"", "\"")
                .replace("\\\\", "\\");
        default ->
            token.matches("[0-9]{1,9}")
                ? (Object) Integer.valueOf(token)
                : new StringBuilder(token);
      };
    }
  }
}
