package io.github.shardsum.internal.auto;

import io.github.shardsum.internal.auto.AnnotationTrials.Trial;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.propagation.Propagated;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Searches for annotations by the planner's own prices. It expresses a solution with few
 * annotations, tries to split one label by an axis in the whole program, changes one or two
 * annotations at a time, and drops those that save nothing.
 */
final class AnnotationSearch {
  /** Number of candidates for the next annotation, among values whose layout is still wrong. */
  private static final int LOOK_AHEAD = 8;

  /** The most completions of layouts that are made to express one solution. */
  private static final int MOST_PROPAGATIONS = 300;

  /** Up to this number of values, two annotations are changed at a time. */
  private static final int FEW = 8;

  /** Number of candidates for a program whose equal parts are annotated together. */
  private static final int FEW_AHEAD = 2;

  private static final int FEW_PROPAGATIONS = 100;

  /** The most candidates that are tried in a row without one that repairs the plan. */
  private static final int MOST_AHEAD = 40;

  private final Program program;
  private final Mesh mesh;
  private final AnnotationTrials trials;

  /** The values that may be annotated, inputs first, results of einsums next. */
  private final List<Variable> variables;

  /** The groups of values that are annotated together; each has at least one value. */
  private final List<List<Variable>> groups;

  /** The group of a value by its name among annotations. */
  private final Map<String, List<Variable>> groupOf = new HashMap<>();

  AnnotationSearch(Program program, Mesh mesh, AnnotationTrials trials, LayoutGraph.Built graph) {
    this.program = program;
    this.mesh = mesh;
    this.trials = trials;
    this.variables = variables(graph.slots());
    this.groups = groups(graph.groups());
    groups.forEach(group -> group.forEach(variable -> groupOf.put(variable.name, group)));
  }

  private List<List<Variable>> groups(Map<String, Integer> numbers) {
    Map<String, List<Variable>> groups = new LinkedHashMap<>();
    for (Variable variable : variables) {
      Integer number = numbers.get(variable.slot);
      String key =
          number == null
              ? variable.name
              : number + " " + variable.value.type() + EdgePrices.keys(variable.layouts);
      groups.computeIfAbsent(key, _ -> new ArrayList<>()).add(variable);
    }
    return List.copyOf(groups.values());
  }

  private List<Variable> group(String name) {
    return Objects.requireNonNull(groupOf.get(name), name);
  }

  /**
   * A value that may be annotated.
   *
   * @param slot the value's name among layouts
   * @param name the value's name among annotations
   * @param layouts the layouts that the value may have
   * @param isInput whether the value is an input of the program
   */
  private record Variable(
      String slot, String name, Value value, List<Layout> layouts, boolean isInput) {}

  private List<Variable> variables(List<LayoutGraphNode> slots) {
    Map<String, LayoutGraphNode> bySlot = new HashMap<>();
    slots.forEach(slot -> bySlot.put(slot.name, slot));
    List<Variable> inputs = new ArrayList<>();
    List<Variable> einsums = new ArrayList<>();
    List<Variable> others = new ArrayList<>();
    Set<Value> said = annotated(program);
    for (Value input : program.inputs()) {
      if (!said.contains(input) && !input.type().labels().isAnnotated()) {
        variable(bySlot, input.name(), input.name(), input, true).ifPresent(inputs::add);
      }
    }
    collect(program, "", "", bySlot, einsums, others);
    inputs.addAll(einsums);
    inputs.addAll(others);
    return List.copyOf(inputs);
  }

  /** Operands and results of the program's annotations. */
  private static Set<Value> annotated(Program of) {
    Set<Value> said = new HashSet<>();
    for (Statement statement : of.statements()) {
      if (statement.operation() instanceof Movement.Annotate annotate) {
        said.add(annotate.x());
        said.addAll(statement.results());
      }
    }
    return said;
  }

  private static void collect(
      Program of,
      String slotPrefix,
      String prefix,
      Map<String, LayoutGraphNode> bySlot,
      List<Variable> einsums,
      List<Variable> others) {
    Set<Value> said = annotated(of);
    for (Statement statement : of.statements()) {
      boolean isEinsum = statement.operation() instanceof Contraction.Einsum;
      for (Value result : statement.results()) {
        if (!said.contains(result) && result.type().rank() > 0) {
          variable(bySlot, slotPrefix + result.name(), prefix + result.name(), result, false)
              .ifPresent(isEinsum ? einsums::add : others::add);
        }
      }
      if (statement.operation() instanceof Nested.Scan scan) {
        String first = statement.result().name();
        collect(
            scan.body(),
            slotPrefix + first + ".body.",
            prefix + first + "." + scan.body().name() + ".",
            bySlot,
            einsums,
            others);
      }
    }
  }

  private static Optional<Variable> variable(
      Map<String, LayoutGraphNode> bySlot,
      String slotName,
      String name,
      Value value,
      boolean isInput) {
    LayoutGraphNode slot = bySlot.get(slotName);
    if (slot == null || !slot.value.type().names().equals(value.type().names())) {
      return Optional.empty();
    }
    List<Layout> layouts =
        slot.layouts.stream().filter(layout -> layout.partial().isEmpty()).toList();
    return Optional.of(new Variable(slotName, name, value, layouts, isInput));
  }

  /** A layout as an annotation that closes every label. */
  private static String closed(Layout layout) {
    return layout.term().spaced();
  }

  /** The best plan of a solution: with all annotations, or with few. */
  Optional<Trial> saying(Map<String, Layout> solution) {
    SortedMap<String, String> all = new TreeMap<>();
    for (Variable variable : variables) {
      Layout layout = solution.get(variable.slot);
      if (layout != null && layout.partial().isEmpty()) {
        all.put(variable.name, closed(layout));
      }
    }
    Optional<Trial> few = trials.of(few(solution));
    Optional<Trial> full = trials.of(all);
    return full.isPresent() && (few.isEmpty() || !few.get().isNoWorseThan(full.get())) ? full : few;
  }

  /**
   * Few annotations from which completion gives the solution: repeatedly adds the annotation that
   * repairs most.
   */
  private SortedMap<String, String> few(Map<String, Layout> solution) {
    boolean isTied = groups.size() < variables.size();
    SortedMap<String, String> chosen = new TreeMap<>();
    List<Variable> wrong = wrong(chosen, solution);
    if (isTied) {
      // Inputs determine most layouts of a program of many layers; needless annotations are dropped
      // later.
      wrong.stream().filter(Variable::isInput).forEach(one -> say(chosen, one, solution));
      wrong = wrong(chosen, solution);
    }
    int left = isTied ? FEW_PROPAGATIONS : MOST_PROPAGATIONS;
    int ahead = isTied ? FEW_AHEAD : LOOK_AHEAD;
    while (!wrong.isEmpty() && left > 0) {
      SortedMap<String, String> best = new TreeMap<>(chosen);
      List<Variable> least = wrong;
      int looked = 0;
      for (List<Variable> group : next(wrong)) {
        boolean isFound = least.size() < wrong.size();
        if (left <= 0 || looked >= (isFound ? ahead : MOST_AHEAD)) {
          break;
        }
        SortedMap<String, String> with = new TreeMap<>(chosen);
        group.forEach(variable -> say(with, variable, solution));
        List<Variable> then = wrong(with, solution);
        left--;
        looked++;
        if (then.size() < least.size()) {
          best = with;
          least = then;
        }
      }
      if (least.size() == wrong.size()) {
        return chosen;
      }
      chosen.putAll(best);
      wrong = least;
    }
    return chosen;
  }

  private static void say(
      SortedMap<String, String> annotations, Variable variable, Map<String, Layout> solution) {
    annotations.put(variable.name, closed(Objects.requireNonNull(solution.get(variable.slot))));
  }

  /** The values, by the groups that are annotated together. */
  private Collection<List<Variable>> next(List<Variable> of) {
    Map<String, List<Variable>> next = new LinkedHashMap<>();
    for (Variable variable : of) {
      String first = group(variable.name).getFirst().name;
      next.computeIfAbsent(first, _ -> new ArrayList<>()).add(variable);
    }
    return next.values();
  }

  private List<Variable> wrong(SortedMap<String, String> with, Map<String, Layout> solution) {
    Propagated propagated =
        Propagation.of(Annotations.of(with).apply(program), mesh, PropagationOptions.defaults());
    List<Variable> wrong = new ArrayList<>();
    for (Variable variable : variables) {
      Layout asked = solution.get(variable.slot);
      Layout given = propagated.layouts().get(variable.slot);
      if (asked != null
          && asked.partial().isEmpty()
          && !with.containsKey(variable.name)
          && (given == null || !given.isEquivalent(asked))) {
        wrong.add(variable);
      }
    }
    return wrong;
  }

  /** The best plan in which mesh axes split labels wherever inputs have them. */
  Optional<Trial> byLabels() {
    Optional<Trial> best = trials.of(new TreeMap<>());
    List<Rule> chosen = new ArrayList<>();
    List<Rule> all = rules();
    boolean isBetter = true;
    while (isBetter && !trials.isSpent()) {
      isBetter = false;
      Optional<Rule> added = Optional.empty();
      for (Rule rule : all) {
        List<Rule> with = new ArrayList<>(chosen);
        with.add(rule);
        Optional<Trial> trial = trials.of(annotations(with));
        if (trial.isPresent() && (best.isEmpty() || trial.get().beats(best.get()))) {
          best = trial;
          added = Optional.of(rule);
        }
      }
      if (added.isPresent()) {
        chosen.add(added.get());
        isBetter = true;
      }
    }
    return best;
  }

  /** Mesh axes of a label. */
  private record Rule(String label, List<String> axes) {}

  private List<Rule> rules() {
    List<String> wide = mesh.axisNames().stream().filter(axis -> mesh.size(axis) > 1).toList();
    Set<List<String>> axes = new LinkedHashSet<>();
    if (wide.isEmpty()) {
      return List.of();
    }
    axes.add(wide);
    wide.forEach(axis -> axes.add(List.of(axis)));
    Set<String> labels = new LinkedHashSet<>();
    for (Variable variable : variables) {
      if (variable.isInput) {
        labels.addAll(variable.value.type().names());
      }
    }
    List<Rule> rules = new ArrayList<>();
    axes.forEach(on -> labels.forEach(label -> rules.add(new Rule(label, on))));
    return rules;
  }

  private SortedMap<String, String> annotations(Collection<Rule> rules) {
    SortedMap<String, String> annotations = new TreeMap<>();
    for (Variable variable : variables) {
      if (!variable.isInput) {
        continue;
      }
      Map<String, List<String>> split = new LinkedHashMap<>();
      Set<String> used = new HashSet<>();
      for (Rule rule : rules) {
        if (variable.value.type().names().contains(rule.label)
            && variable.value.type().size(rule.label) >= mesh.size(rule.axes)
            && rule.axes.stream().noneMatch(used::contains)) {
          split.computeIfAbsent(rule.label, _ -> new ArrayList<>()).addAll(rule.axes);
          used.addAll(rule.axes);
        }
      }
      if (!split.isEmpty()) {
        StringBuilder text = new StringBuilder();
        split.forEach(
            (label, on) ->
                text.append(text.isEmpty() ? "" : " ")
                    .append(label)
                    .append('@')
                    .append(String.join(".", on)));
        annotations.put(variable.name, text.toString());
      }
    }
    return annotations;
  }

  /** Changes annotations as long as plans get better. */
  Trial improved(Trial from) {
    Trial best = from;
    boolean isBetter = true;
    while (isBetter && !trials.isSpent()) {
      Trial before = best;
      for (List<Variable> group : groups) {
        best = changed(best, group);
      }
      if (!best.beats(before) && groups.size() <= FEW) {
        best = changedTwice(best);
      }
      isBetter = best.beats(before);
    }
    return best;
  }

  /** The choices for a group: no annotation, or the number of one of its values' layouts. */
  private static List<OptionalInt> choices(List<Variable> group) {
    List<OptionalInt> choices = new ArrayList<>();
    choices.add(OptionalInt.empty());
    for (int i = 0; i < group.getFirst().layouts.size(); i++) {
      choices.add(OptionalInt.of(i));
    }
    return choices;
  }

  private static SortedMap<String, String> with(
      SortedMap<String, String> annotations, List<Variable> group, OptionalInt layout) {
    SortedMap<String, String> with = new TreeMap<>(annotations);
    for (Variable variable : group) {
      with.remove(variable.name);
      layout.ifPresent(one -> with.put(variable.name, closed(variable.layouts.get(one))));
    }
    return with;
  }

  private Trial changed(Trial from, List<Variable> group) {
    Trial best = from;
    for (OptionalInt choice : choices(group)) {
      Optional<Trial> trial = trials.of(with(from.annotations(), group, choice));
      if (trial.isPresent() && trial.get().beats(best)) {
        best = trial.get();
      }
    }
    return best;
  }

  private Trial changedTwice(Trial from) {
    for (List<Variable> first : groups) {
      for (OptionalInt choice : choices(first)) {
        SortedMap<String, String> once = with(from.annotations(), first, choice);
        for (List<Variable> second : groups) {
          if (second.equals(first)) {
            break;
          }
          for (OptionalInt other : choices(second)) {
            Optional<Trial> trial = trials.of(with(once, second, other));
            if (trial.isPresent() && trial.get().beats(from)) {
              return trial.get();
            }
          }
        }
      }
    }
    return from;
  }

  /**
   * Drops annotations, many at a time and then one by one. Then drops the names of labels that are
   * whole.
   */
  Trial fewer(Trial from) {
    trials.allowDrops();
    Trial best = from;
    List<List<Variable>> all = new ArrayList<>(groups.reversed());
    all.removeIf(isFree(best));
    for (int chunk = all.size(); chunk > 0; chunk /= 2) {
      for (int first = 0; first < all.size(); first += chunk) {
        SortedMap<String, String> without = new TreeMap<>(best.annotations());
        all.subList(first, Math.min(all.size(), first + chunk))
            .forEach(group -> group.forEach(variable -> without.remove(variable.name)));
        best = ifNoWorse(best, without);
      }
      all.removeIf(isFree(best));
    }
    for (List<Variable> group : all.reversed()) {
      SortedMap<String, String> shorter = new TreeMap<>(best.annotations());
      group.forEach(
          variable -> shorter.computeIfPresent(variable.name, (_, text) -> shorter(text)));
      best = ifNoWorse(best, shorter);
    }
    return best;
  }

  /** Whether no value of a group is annotated. */
  private static Predicate<List<Variable>> isFree(Trial of) {
    return group ->
        group.stream().noneMatch(variable -> of.annotations().containsKey(variable.name));
  }

  private Trial ifNoWorse(Trial best, SortedMap<String, String> other) {
    return trials.of(other).filter(trial -> trial.isNoWorseThan(best)).orElse(best);
  }

  /** Only the split labels; the text itself if there are none. */
  private static String shorter(String text) {
    List<String> split =
        List.of(text.split(" ", -1)).stream().filter(word -> word.contains("@")).toList();
    return split.isEmpty() ? text : String.join(" ", split);
  }

  /**
   * For each annotation the increase of the price without it and the other annotations of its
   * group.
   */
  SortedMap<String, Double> savings(Trial best) {
    trials.allowDrops();
    SortedMap<String, Double> savings = new TreeMap<>();
    for (List<Variable> group : groups) {
      List<String> names =
          group.stream().map(v -> v.name).filter(n -> best.annotations().containsKey(n)).toList();
      SortedMap<String, String> without = new TreeMap<>(best.annotations());
      names.forEach(name -> without.remove(name));
      if (!names.isEmpty()) {
        trials
            .of(without)
            .ifPresent(trial -> names.forEach(name -> savings.put(name, saved(best, trial))));
      }
    }
    return savings;
  }

  private static double saved(Trial best, Trial without) {
    return without.fits() || !best.fits()
        ? without.price() - best.price()
        : Double.POSITIVE_INFINITY;
  }
}
