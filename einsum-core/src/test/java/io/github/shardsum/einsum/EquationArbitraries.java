package io.github.shardsum.einsum;

import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Random equations, and random equations with shapes that fit. */
final class EquationArbitraries {
  // Their combined edge cases would outnumber the tries, so the arbitraries go without: sizes 0 and
  // 1, scalars and empty terms are common enough among the random ones.
  private static final int LARGEST_NEST = 20_000;

  private EquationArbitraries() {}

  /**
   * Equations of 1 to 4 operands and 0 to 7 labels bound to small shapes: repeated labels in an
   * operand, axes of size 1 that broadcast, ellipses of different ranks, empty axes, scalars, and
   * an output that may repeat labels or have labels of its own. The loop nest over all labels has
   * at most 20 000 steps.
   */
  static Arbitrary<BoundEquation> bound() {
    return drafts(true).map(Draft::bind).withoutEdgeCases();
  }

  /** As {@link #bound()} with an output as NumPy allows it: each label once, none of its own. */
  static Arbitrary<BoundEquation> numpy() {
    return drafts(false).map(Draft::bind).withoutEdgeCases();
  }

  /** Anything that can be printed: names, layouts, ellipses, empty terms; shapes need not exist. */
  static Arbitrary<Equation> equations() {
    return Arbitraries.of(compactNames(), manyNames())
        .flatMap(
            names ->
                Combinators.combine(term(names).list().ofMinSize(1).ofMaxSize(4), term(names))
                    .as(Equation::new))
        .withoutEdgeCases();
  }

  private static List<String> compactNames() {
    return List.of("a", "b", "c", "i", "j", "k", "A", "Z", "β", "é", "\uD835\uDC65");
  }

  private static List<String> manyNames() {
    return List.of(
        "a", "b", "batch", "model", "ab", "ba", "0", "12", "x0", "d_model", "_", "β", "βγ");
  }

  private static Arbitrary<Term> term(List<String> names) {
    Arbitrary<List<String>> labels = Arbitraries.of(names).list().ofMaxSize(4);
    Arbitrary<Integer> ellipsis = Arbitraries.integers().between(-6, 4);
    // Each mesh axis goes to at most one place: label 0 to 3, the bar, or nowhere.
    Arbitrary<List<Integer>> places = Arbitraries.integers().between(0, 11).list().ofSize(4);
    Arbitrary<Boolean> plain = Arbitraries.of(true, true, false);
    return Combinators.combine(labels, ellipsis, places, plain).as(EquationArbitraries::term);
  }

  private static Term term(List<String> labels, int ellipsis, List<Integer> places, boolean plain) {
    List<String> mesh = List.of("x", "y", "rows", "z9");
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      int place = i;
      axes.add(new Axis(labels.get(i), plain ? List.of() : at(mesh, places, place)));
    }
    if (ellipsis >= 0 && ellipsis <= axes.size()) {
      axes.add(ellipsis, Axis.ELLIPSIS);
    }
    return new Term(axes, plain ? List.of() : at(mesh, places, 4));
  }

  private static List<String> at(List<String> mesh, List<Integer> places, int place) {
    return IntStream.range(0, mesh.size())
        .filter(i -> places.get(i) == place)
        .mapToObj(mesh::get)
        .toList();
  }

  private static Arbitrary<Draft> drafts(boolean extended) {
    Arbitrary<Integer> size =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(1, Arbitraries.just(0)),
            net.jqwik.api.Tuple.of(2, Arbitraries.just(1)),
            net.jqwik.api.Tuple.of(17, Arbitraries.integers().between(2, 5)));
    return Arbitraries.integers()
        .between(0, 7)
        .flatMap(
            labels ->
                Combinators.combine(
                        size.list().ofSize(labels),
                        Arbitraries.integers().between(1, 4).list().ofSize(2),
                        operand(labels).list().ofMinSize(1).ofMaxSize(4),
                        Arbitraries.integers().between(0, 99).list().ofSize(labels),
                        Arbitraries.integers().between(0, 99).list().ofSize(6))
                    .as((s, e, o, kept, choices) -> new Draft(extended, s, e, o, kept, choices)));
  }

  private static Arbitrary<DraftOperand> operand(int labels) {
    Arbitrary<List<Integer>> picked =
        labels == 0
            ? Arbitraries.just(List.of())
            : Arbitraries.integers().between(0, labels - 1).list().ofMaxSize(4);
    // Mostly no ellipsis, mostly no broadcast.
    Arbitrary<Integer> ellipsis = Arbitraries.integers().between(-7, 4);
    Arbitrary<Integer> hidden = Arbitraries.integers().between(0, 2);
    Arbitrary<Set<Integer>> ones = Arbitraries.integers().between(0, 24).set().ofMaxSize(2);
    return Combinators.combine(picked, ellipsis, hidden, ones).as(DraftOperand::new);
  }

  /**
   * One operand: its labels, where its ellipsis stands (nowhere if negative or too large), for how
   * many axes, and which labels have size 1 here.
   */
  private record DraftOperand(List<Integer> labels, int ellipsis, int hidden, Set<Integer> ones) {
    boolean hasEllipsis() {
      return ellipsis >= 0 && ellipsis <= labels.size();
    }
  }

  private record Draft(
      boolean extended,
      List<Integer> sizes,
      List<Integer> hiddenSizes,
      List<DraftOperand> operands,
      List<Integer> kept,
      List<Integer> choices) {

    BoundEquation bind() {
      List<Term> terms = operands.stream().map(this::term).toList();
      List<Shape> shapes = operands.stream().map(this::shape).toList();
      Set<Integer> used = new HashSet<>();
      operands.forEach(operand -> used.addAll(operand.labels()));
      Term output = output(used);
      Map<String, Long> given = new HashMap<>();
      for (Axis axis : output.axes()) {
        if (axis.label().length() == 1 && !used.contains(axis.label().charAt(0) - 'a')) {
          given.put(axis.label(), (long) choices.get(3) % 4);
        }
      }
      return new Equation(terms, output).bind(shapes, given, Strictness.LENIENT);
    }

    private Term term(DraftOperand operand) {
      List<String> labels = new ArrayList<>(operand.labels().stream().map(Draft::name).toList());
      if (operand.hasEllipsis()) {
        labels.add(operand.ellipsis(), "...");
      }
      return Term.of(labels.toArray(String[]::new));
    }

    private Shape shape(DraftOperand operand) {
      List<Long> shape = new ArrayList<>();
      for (int label : operand.labels()) {
        shape.add(operand.ones().contains(label) ? 1L : bounded(sizes.get(label)));
      }
      if (operand.hasEllipsis()) {
        for (int i = 1; i >= 2 - operand.hidden(); i--) {
          boolean one = operand.ones().contains(10 + i);
          shape.add(operand.ellipsis(), one ? 1L : bounded(hiddenSizes.get(i)));
        }
      }
      return Shape.of(shape.stream().mapToLong(Long::longValue).toArray());
    }

    /** Sizes of 2 at most where the whole nest would be too large. */
    private long bounded(int size) {
      long nest =
          Stream.concat(sizes.stream(), hiddenSizes.stream())
              .mapToLong(s -> Math.max(1, s))
              .reduce(1, (x, y) -> x * y);
      return nest > LARGEST_NEST ? Math.min(size, 2) : size;
    }

    private Term output(Set<Integer> used) {
      List<String> labels = new ArrayList<>();
      // The order of first use and another one, so that transposed outputs occur.
      Stream<Integer> order =
          used.stream().sorted((x, y) -> Integer.compare(kept.get(x), kept.get(y)));
      order.filter(label -> kept.get(label) % 5 < 3).limit(5).map(Draft::name).forEach(labels::add);
      if (extended && !labels.isEmpty() && choices.get(0) < 20) {
        labels.add(
            choices.get(4) % (labels.size() + 1), labels.get(choices.get(5) % labels.size()));
      }
      if (extended && choices.get(1) < 15) {
        labels.add(choices.get(4) % (labels.size() + 1), "z");
      }
      boolean ellipsis = operands.stream().anyMatch(DraftOperand::hasEllipsis);
      if (ellipsis && choices.get(2) % 3 > 0) {
        labels.add(choices.get(2) % (labels.size() + 1), "...");
      }
      return Term.of(labels.toArray(String[]::new));
    }

    private static String name(int label) {
      return Character.toString('a' + label);
    }
  }
}
