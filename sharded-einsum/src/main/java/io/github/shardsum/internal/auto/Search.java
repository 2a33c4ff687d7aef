package io.github.shardsum.internal.auto;

import io.github.shardsum.internal.auto.Trials.Trial;
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
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Looks for annotations by the planner's own prices: says a solution with few annotations, gives
 * labels to axes all over a program, changes one or two annotations at a time, and drops those that
 * save nothing.
 */
final class Search {
  /** Values of which one is annotated next, of those whose layout is not yet as it should be. */
  private static final int LOOK_AHEAD = 8;

  /** How often layouts are completed to say one solution. */
  private static final int MOST_PROPAGATIONS = 300;

  /** Values up to which two annotations are changed at a time. */
  private static final int FEW = 8;

  /** Plans that are made to drop annotations, whatever was made before. */
  private static final int DROPS = 60;

  private final Program program;
  private final Mesh mesh;
  private final Trials trials;

  /** The values that may be annotated, inputs first, results of einsums next. */
  private final List<Variable> variables;

  Search(Program program, Mesh mesh, Trials trials, List<Slot> slots) {
    this.program = program;
    this.mesh = mesh;
    this.trials = trials;
    this.variables = variables(slots);
  }

  /**
   * A value that may be annotated.
   *
   * @param slot its name among layouts
   * @param name its name among annotations
   * @param value the value
   * @param layouts those that it may have
   * @param isInput whether it is an input of the program
   */
  private record Variable(
      String slot, String name, Value value, List<Layout> layouts, boolean isInput) {}

  private List<Variable> variables(List<Slot> slots) {
    Map<String, Slot> bySlot = new HashMap<>();
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

  /** Values that annotations of the program read or give. */
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
      Map<String, Slot> bySlot,
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
      Map<String, Slot> bySlot, String slotName, String name, Value value, boolean isInput) {
    Slot slot = bySlot.get(slotName);
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

  /** As few annotations as completion needs for a solution, by adding those that repair most. */
  private SortedMap<String, String> few(Map<String, Layout> solution) {
    SortedMap<String, String> chosen = new TreeMap<>();
    int left = MOST_PROPAGATIONS;
    List<Variable> wrong = wrong(chosen, solution);
    while (!wrong.isEmpty() && left > 0) {
      SortedMap<String, String> best = chosen;
      List<Variable> least = wrong;
      for (Variable variable : wrong.subList(0, Math.min(LOOK_AHEAD, wrong.size()))) {
        SortedMap<String, String> with = new TreeMap<>(chosen);
        with.put(variable.name, closed(Objects.requireNonNull(solution.get(variable.slot))));
        List<Variable> then = wrong(with, solution);
        left--;
        if (then.size() < least.size()) {
          best = with;
          least = then;
        }
      }
      if (best.equals(chosen)) {
        return chosen;
      }
      chosen = best;
      wrong = least;
    }
    return chosen;
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
      for (Variable variable : variables) {
        best = changed(best, variable);
      }
      if (!best.beats(before) && variables.size() <= FEW) {
        best = changedTwice(best);
      }
      isBetter = best.beats(before);
    }
    return best;
  }

  private static List<Optional<Layout>> choices(Variable variable) {
    List<Optional<Layout>> choices = new ArrayList<>();
    choices.add(Optional.empty());
    variable.layouts.forEach(layout -> choices.add(Optional.of(layout)));
    return choices;
  }

  private static SortedMap<String, String> with(
      SortedMap<String, String> annotations, Variable variable, Optional<Layout> layout) {
    SortedMap<String, String> with = new TreeMap<>(annotations);
    with.remove(variable.name);
    layout.ifPresent(one -> with.put(variable.name, closed(one)));
    return with;
  }

  private Trial changed(Trial from, Variable variable) {
    Trial best = from;
    for (Optional<Layout> choice : choices(variable)) {
      Optional<Trial> trial = trials.of(with(from.annotations(), variable, choice));
      if (trial.isPresent() && trial.get().beats(best)) {
        best = trial.get();
      }
    }
    return best;
  }

  private Trial changedTwice(Trial from) {
    for (Variable first : variables) {
      for (Optional<Layout> choice : choices(first)) {
        SortedMap<String, String> once = with(from.annotations(), first, choice);
        for (Variable second : variables) {
          if (second.equals(first)) {
            break;
          }
          for (Optional<Layout> other : choices(second)) {
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

  /** Drops annotations, many at a time and then one by one, and names of labels that are whole. */
  Trial fewer(Trial from) {
    trials.allow(DROPS);
    Trial best = from;
    List<String> names = new ArrayList<>(variables.reversed().stream().map(v -> v.name).toList());
    names.retainAll(best.annotations().keySet());
    for (int chunk = names.size(); chunk > 0; chunk /= 2) {
      for (int first = 0; first < names.size(); first += chunk) {
        NavigableMap<String, String> without = new TreeMap<>(best.annotations());
        names.subList(first, Math.min(names.size(), first + chunk)).forEach(without::remove);
        best = ifNoWorse(best, without);
      }
      names.retainAll(best.annotations().keySet());
    }
    for (String name : List.copyOf(best.annotations().keySet())) {
      SortedMap<String, String> shorter = new TreeMap<>(best.annotations());
      shorter.computeIfPresent(name, (_, text) -> shorter(text));
      best = ifNoWorse(best, shorter);
    }
    return best;
  }

  private Trial ifNoWorse(Trial best, SortedMap<String, String> other) {
    return trials.of(other).filter(trial -> trial.isNoWorseThan(best)).orElse(best);
  }

  /** The split labels alone; as it is if there is none. */
  private static String shorter(String text) {
    List<String> split =
        List.of(text.split(" ", -1)).stream().filter(word -> word.contains("@")).toList();
    return split.isEmpty() ? text : String.join(" ", split);
  }

  /** The increase of the price without each annotation. */
  SortedMap<String, Double> savings(Trial best) {
    trials.allow(DROPS);
    SortedMap<String, Double> savings = new TreeMap<>();
    for (String name : best.annotations().keySet()) {
      SortedMap<String, String> without = new TreeMap<>(best.annotations());
      without.remove(name);
      trials
          .of(without)
          .ifPresent(
              trial ->
                  savings.put(
                      name,
                      trial.fits() || !best.fits()
                          ? trial.price() - best.price()
                          : Double.POSITIVE_INFINITY));
    }
    return savings;
  }
}
