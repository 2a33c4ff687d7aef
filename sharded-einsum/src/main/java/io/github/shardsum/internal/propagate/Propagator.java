package io.github.shardsum.internal.propagate;

import io.github.shardsum.internal.program.pass.AnnotationInsertion;
import io.github.shardsum.internal.program.types.RegionTypeCheck;
import io.github.shardsum.internal.propagate.PropagationNode.Place;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.propagation.Pricing.Price;
import io.github.shardsum.propagation.Propagated;
import io.github.shardsum.propagation.PropagationException;
import io.github.shardsum.propagation.PropagationOptions;
import io.github.shardsum.propagation.Reason;
import io.github.shardsum.propagation.Reason.Alternative;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/** Visits statements forward and backward, level by level, until nothing changes. */
public final class Propagator {
  private final Program program;
  private final Mesh mesh;
  private final PropagationOptions options;
  private final PropagationNodes nodes;
  private final Map<String, KnownSplits> values = new LinkedHashMap<>();
  private final Map<Conflict, Integer> decided = new LinkedHashMap<>();
  private final AxisConflicts conflicts;
  private final PropagatedPartialSums sums;
  private final List<String> notes = new ArrayList<>();

  private record Conflict(PropagationNode node, int factor, List<List<String>> asked) {}

  /** A value, and the axes that it requests along a factor. */
  private record Asked(List<String> axes, Place by) {}

  /**
   * Prepares the propagation in a program.
   *
   * @param mesh the devices
   * @param options the options, which decide what counts as a conflict
   */
  public Propagator(Program program, Mesh mesh, PropagationOptions options) {
    RegionTypeCheck.check(program);
    this.program = program;
    this.mesh = mesh;
    this.options = options;
    PropagatedRegions.check(program, mesh);
    nodes = new PropagationNodes(program);
    nodes.types().forEach((name, type) -> values.put(name, new KnownSplits(type)));
    sums = new PropagatedPartialSums(nodes);
    conflicts = new AxisConflicts(mesh, options, nodes.annotated(), values);
  }

  /**
   * Completes the layouts.
   *
   * @return the layouts and their reasons
   */
  public Propagated run() {
    boolean given = false;
    for (Map.Entry<String, ValueType> input : nodes.types().entrySet()) {
      given |= give(input.getKey(), input.getValue());
    }
    TreeSet<Integer> priorities = new TreeSet<>();
    nodes.annotations().values().forEach(a -> priorities.add(a.annotation().priority()));
    boolean regions = nodes.nodes().stream().anyMatch(node -> node.edge().isPresent());
    if (priorities.isEmpty() && !given && !regions) {
      String none = "program " + program.name() + " has no annotation, so every value is whole";
      if (options.strict()) {
        throw new PropagationException(none + "; annotate one, as with --annotate NAME=LAYOUT");
      }
      notes.add(none);
    }
    priorities.add(0);
    for (int priority : priorities) {
      nodes.annotations().forEach((name, annotate) -> annotate(name, annotate, priority));
      nodes.nodes().forEach(this::region);
      for (int level = 0; level <= PropagationNode.LAST; level++) {
        settle(level);
      }
    }
    sums.backward(values);
    Map<String, Layout> layouts = new LinkedHashMap<>();
    Map<String, List<Reason>> reasons = new LinkedHashMap<>();
    values.forEach(
        (name, splits) -> {
          layouts.put(name, splits.layout(mesh));
          reasons.put(name, splits.reasons());
        });
    return new Propagated(program, mesh, layouts, reasons, notes);
  }

  private KnownSplits splits(String value) {
    return Objects.requireNonNull(values.get(value), value);
  }

  /** Gives an input exactly the layout that its type has; false if the type has no layout. */
  private boolean give(String name, ValueType type) {
    if (!type.labels().isAnnotated()) {
      return false;
    }
    for (int dim = 0; dim < type.rank(); dim++) {
      List<String> axes = type.labels().axis(dim).mesh();
      checkAxes(name, axes);
      splits(name)
          .set(dim, axes, false, new Reason.Annotated("input " + name + ", of type " + type));
    }
    checkAxes(name, type.labels().partial());
    splits(name).setPartial(type.labels().partial());
    return true;
  }

  private void annotate(String name, Movement.Annotate annotate, int priority) {
    Annotation annotation = annotate.annotation();
    if (annotation.priority() != priority) {
      return;
    }
    KnownSplits splits = splits(name);
    // Annotations of an earlier priority may have put the axis on another label of this value.
    annotation.labels().forEach(spec -> splits.release(spec.axes()));
    splits.release(annotation.partial().stream().toList());
    for (Annotation.LabelSpec spec : annotation.labels()) {
      checkAxes(name, spec.axes());
      String what = String.format(Locale.ROOT, "%s, annotated %s", name, annotation);
      splits.set(
          splits.type().axis(spec.label()), spec.axes(), spec.open(), new Reason.Annotated(what));
    }
    List<String> partial = annotation.partial().stream().sorted().toList();
    checkAxes(name, partial);
    partial.forEach(axis -> checkPartial(name, annotation, axis));
    splits.setPartial(partial);
  }

  /**
   * At the edge of a region, gives labels the region's axes unless an annotation asks for others.
   */
  private void region(PropagationNode node) {
    if (node.edge().isEmpty()) {
      return;
    }
    PropagationNode.RegionEdge edge = node.edge().get();
    KnownSplits splits = splits(edge.outside());
    for (int dim = 0; dim < edge.prefixes().size(); dim++) {
      List<String> prefix = edge.prefixes().get(dim);
      if (!prefix.isEmpty()
          && splits.isOpen(dim)
          && splits.axes(dim).isEmpty()
          && prefix.stream().noneMatch(splits::uses)) {
        splits.set(dim, prefix, true, new Reason.Annotated(node.text() + " has it so"));
      }
    }
  }

  /**
   * Refuses a value that no plan can keep as a partial sum over an axis, whatever the other
   * annotations are.
   */
  private void checkPartial(String name, Annotation annotation, String axis) {
    if (mesh.size(axis) > 1 && !sums.canBe(name, axis)) {
      throw new PropagationException(
          String.format(
              Locale.ROOT,
              "%s is annotated %s: a partial sum over mesh axis %s must be a sum over a label or"
                  + " linear in such sums, got %s; drop the axis behind the bar",
              AnnotationInsertion.withoutSuffixes(name),
              annotation,
              axis,
              AnnotationInsertion.withoutSuffixes(sums.origin(name))));
    }
  }

  private void checkAxes(String name, List<String> axes) {
    for (String axis : axes) {
      if (!mesh.axisNames().contains(axis)) {
        throw new PropagationException(
            String.format(
                Locale.ROOT,
                "annotation of %s: a mesh axis must be one of mesh \"%s\", got \"%s\"",
                AnnotationInsertion.withoutSuffixes(name),
                mesh.notation(),
                axis));
      }
    }
  }

  private void settle(int level) {
    List<PropagationNode> backward = new ArrayList<>(nodes.nodes());
    Collections.reverse(backward);
    boolean changed = true;
    while (changed) {
      changed = false;
      for (PropagationNode node : nodes.nodes()) {
        changed |= visit(node, level);
      }
      for (PropagationNode node : backward) {
        changed |= visit(node, level);
      }
    }
  }

  private boolean visit(PropagationNode node, int level) {
    boolean changed = false;
    for (int factor = 0; factor < node.rule().factors().size(); factor++) {
      changed |= node.carries(factor, level) && carry(node, factor, level);
    }
    return changed;
  }

  private boolean carry(PropagationNode node, int factor, int level) {
    List<Place> places = node.places(factor);
    List<Asked> asked = new ArrayList<>();
    for (Place place : places) {
      List<String> axes = part(node, place, factor);
      if (place.gives(level)
          && !axes.isEmpty()
          && asked.stream().noneMatch(one -> one.axes.equals(axes))) {
        asked.add(new Asked(axes, place));
      }
    }
    if (asked.isEmpty()) {
      return false;
    }
    List<Asked> longest =
        asked.stream()
            .filter(one -> asked.stream().noneMatch(other -> isLonger(other.axes, one.axes)))
            .toList();
    Asked taken = longest.size() == 1 ? longest.getFirst() : decide(node, factor, longest);
    Reason.Through through =
        new Reason.Through(
            node.text(),
            label(node, factor),
            taken.by.value(),
            splits(taken.by.value()).label(taken.by.dim()),
            level);
    Reason reason =
        longest.size() == 1
            ? through
            : new Reason.Chosen(through, others(node, factor, longest, taken));
    boolean changed = false;
    for (Place place : places) {
      boolean isEdge = node.edge().isPresent();
      if (place.takes(level) && (isEdge || !isOutbid(node, place, factor, taken.axes, level))) {
        changed |= extend(node, place, factor, taken, reason, level);
      }
    }
    return changed;
  }

  /**
   * Whether another factor of a value should get an axis that the value does not have yet. An axis
   * splits one label, so the factor that moves fewer elements of this statement gets the axis.
   */
  private boolean isOutbid(
      PropagationNode node, Place place, int factor, List<String> axes, int level) {
    KnownSplits splits = splits(place.value());
    List<String> before = splits.axes(place.dim());
    if (axes.size() <= before.size() || splits.uses(axes.get(before.size()))) {
      return false;
    }
    String axis = axes.get(before.size());
    return conflicts.rivals(node, place.value(), axis, level).stream()
        .anyMatch(
            rival -> rival != factor && conflicts.isCheaper(node, rival, factor, axis, level));
  }

  private static boolean isLonger(List<String> longer, List<String> shorter) {
    return longer.size() > shorter.size() && longer.subList(0, shorter.size()).equals(shorter);
  }

  /** The axes of one factor of a dimension. */
  private List<String> part(PropagationNode node, Place place, int factor) {
    List<String> axes = splits(place.value()).axes(place.dim());
    Optional<PropagationNode.RegionEdge> outside = node.outside(place);
    if (outside.isPresent()) {
      return outside.get().inside(place.dim(), axes);
    }
    return place.dims().factors().size() == 1 ? axes : own(node, place, factor, axes);
  }

  /** The axes of one of several factors; each factor takes axes as long as they divide its size. */
  private List<String> own(PropagationNode node, Place place, int factor, List<String> axes) {
    int next = 0;
    for (int each : place.dims().factors()) {
      long left = node.rule().factors().get(each).size();
      List<String> own = new ArrayList<>();
      while (next < axes.size() && left > 1 && left % mesh.size(axes.get(next)) == 0) {
        left /= mesh.size(axes.get(next));
        own.add(axes.get(next++));
      }
      if (each == factor) {
        return own;
      }
      if (left > 1) {
        return List.of();
      }
    }
    return List.of();
  }

  /**
   * Adds axes to a dimension as far as the rules of propagation allow. On the mesh {@code x=2,y=2}:
   *
   * <pre>
   * dimension       asked   result
   * m=8             x.y     m@x.y
   * m@x=8           x.y     m@x.y   the axes that it has are a prefix of the asked ones
   * m@y=8           x.y     m@y     no prefix: unchanged
   * m=2             x.y     m@x     x.y would leave devices without an element
   * m=8 of m n@y    x.y     m@x     y splits n: reported as a conflict of m and n
   * </pre>
   */
  private boolean extend(
      PropagationNode node, Place place, int factor, Asked asked, Reason reason, int level) {
    KnownSplits splits = splits(place.value());
    List<String> axes = asked.axes;
    // An annotation may have given a label of another value the same cut, with empty parts.
    boolean isAlike = isAlone(place) && isAlone(asked.by);
    List<String> before = part(node, place, factor);
    boolean isPrefix = axes.size() > before.size() && axes.subList(0, before.size()).equals(before);
    if (!splits.isOpen(place.dim()) || !isPrefix) {
      return false;
    }
    List<String> all = new ArrayList<>(splits.axes(place.dim()));
    List<String> more = new ArrayList<>(axes.subList(before.size(), axes.size()));
    Optional<PropagationNode.RegionEdge> outside = node.outside(place);
    if (outside.isPresent()) {
      List<String> prefix = outside.get().prefixes().get(place.dim());
      if (all.isEmpty()) {
        more.addAll(0, prefix);
      } else if (all.size() != prefix.size() + before.size()) {
        return false;
      }
    }
    boolean changed = false;
    for (String axis : more) {
      all.add(axis);
      if (!(isAlike || fits(node, place, factor, all))) {
        break;
      }
      if (splits.uses(axis)) {
        conflicts.report(node, place, all, asked.by.value(), axis, level);
        break;
      }
      splits.set(place.dim(), all, true, reason);
      changed = true;
    }
    return changed;
  }

  private static boolean isAlone(Place place) {
    return place.dims().factors().size() == 1;
  }

  /**
   * Whether axes fit a dimension. For a dimension of one factor no part may be empty; for a
   * dimension of several factors the last axis must split the given factor.
   */
  private boolean fits(PropagationNode node, Place place, int factor, List<String> axes) {
    long size = splits(place.value()).type().shape().size(place.dim());
    if (place.dims().factors().size() == 1 || size == 0) {
      return size >= axes.stream().mapToLong(mesh::size).reduce(1, (a, b) -> a * b);
    }
    List<String> own = own(node, place, factor, axes);
    return !own.isEmpty() && own.getLast().equals(axes.getLast());
  }

  /**
   * The cheapest of the requested choices. Among choices of equal price the choice of the largest
   * value is taken, then the first one.
   */
  private Asked decide(PropagationNode node, int factor, List<Asked> asked) {
    Conflict conflict = new Conflict(node, factor, asked.stream().map(Asked::axes).toList());
    Integer known = decided.get(conflict);
    if (known == null) {
      if (options.strict()) {
        throw new PropagationException(conflict(node, factor, asked));
      }
      Asked best =
          asked.stream()
              .min(
                  Comparator.comparingDouble((Asked one) -> price(one, asked).cost())
                      .thenComparingLong(one -> -splits(one.by.value()).type().bytes()))
              .orElseThrow();
      known = asked.indexOf(best);
      decided.put(conflict, known);
    }
    return asked.get(known);
  }

  /** The price of a choice: every value that requests another choice is resharded to this one. */
  private Price price(Asked choice, List<Asked> asked) {
    double cost = 0;
    List<String> texts = new ArrayList<>();
    for (Asked other : asked) {
      if (!other.equals(choice)) {
        KnownSplits splits = splits(other.by.value());
        Price one =
            options
                .pricing()
                .price(
                    splits.layout(mesh),
                    splits.with(mesh, other.by.dim(), choice.axes),
                    splits.type());
        cost += one.cost();
        texts.add(other.by.value() + ": " + one);
      }
    }
    return new Price(cost, String.join(", ", texts));
  }

  private List<Alternative> others(
      PropagationNode node, int factor, List<Asked> asked, Asked taken) {
    return asked.stream()
        .filter(one -> !one.equals(taken))
        .map(one -> alternative(label(node, factor), one, asked))
        .sorted(Comparator.comparingDouble(one -> one.price().cost()))
        .toList();
  }

  private static String label(PropagationNode node, int factor) {
    return node.rule().factors().get(factor).name();
  }

  private Alternative alternative(String label, Asked one, List<Asked> asked) {
    return new Alternative(label, String.join(".", one.axes), one.by.value(), price(one, asked));
  }

  private String conflict(PropagationNode node, int factor, List<Asked> asked) {
    String label = label(node, factor);
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "label %s of %s is asked for in %d ways:",
                label,
                node.text(),
                asked.size()));
    for (Asked one : asked) {
      text.append("\n  ").append(alternative(label, one, asked));
    }
    return text.append("\nannotate one of the values with the layout that it should have")
        .toString();
  }
}
