package io.github.shardsum.internal.propagate;

import io.github.shardsum.internal.program.pass.AnnotationInsertion;
import io.github.shardsum.internal.propagate.PropagationNode.Place;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.propagation.Pricing.Price;
import io.github.shardsum.propagation.PropagationException;
import io.github.shardsum.propagation.PropagationOptions;
import io.github.shardsum.propagation.Reason;
import io.github.shardsum.propagation.Reason.Alternative;
import io.github.shardsum.propagation.Reason.Through;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.IntStream;

/**
 * Conflicts over one mesh axis that several labels of a value request. The axis splits one of these
 * labels: an annotation of the value decides which one, or else the price.
 */
final class AxisConflicts {
  private final Mesh mesh;
  private final PropagationOptions options;
  private final Map<String, String> annotated;
  private final Map<String, KnownSplits> values;
  private final Set<List<Object>> reported = new HashSet<>();

  AxisConflicts(
      Mesh mesh,
      PropagationOptions options,
      Map<String, String> annotated,
      Map<String, KnownSplits> values) {
    this.mesh = mesh;
    this.options = options;
    this.annotated = annotated;
    this.values = values;
  }

  private KnownSplits splits(String value) {
    return Objects.requireNonNull(values.get(value), value);
  }

  /** The factors of a value that request an axis in a statement. */
  List<Integer> rivals(PropagationNode node, String value, String axis, int level) {
    return IntStream.range(0, node.rule().factors().size())
        .filter(factor -> !sources(node, factor, axis, level).isEmpty())
        .filter(factor -> node.places(factor).stream().anyMatch(at -> at.value().equals(value)))
        .boxed()
        .toList();
  }

  /** The places of a factor that have an axis and pass it on. */
  private List<Place> sources(PropagationNode node, int factor, String axis, int level) {
    return !node.carries(factor, level)
        ? List.of()
        : node.places(factor).stream()
            .filter(at -> at.gives(level))
            .filter(at -> splits(at.value()).axes(at.dim()).contains(axis))
            .toList();
  }

  /**
   * Whether an axis should split the first factor and not the other: the first one is cheaper, or
   * costs the same and has the larger value.
   */
  boolean isCheaper(PropagationNode node, int factor, int other, String axis, int level) {
    int byPrice =
        Double.compare(price(node, factor, axis, "").cost(), price(node, other, axis, "").cost());
    return byPrice < 0
        || (byPrice == 0 && bytes(node, factor, axis, level) > bytes(node, other, axis, level));
  }

  private long bytes(PropagationNode node, int factor, String axis, int level) {
    return sources(node, factor, axis, level).stream()
        .mapToLong(at -> splits(at.value()).type().bytes())
        .max()
        .orElse(0);
  }

  /**
   * The price of computing a statement with an axis on a factor: values that have the axis
   * elsewhere are resharded, except the value whose layout is undecided.
   */
  private Price price(PropagationNode node, int factor, String axis, String undecided) {
    List<Place> own = node.places(factor);
    double cost = 0;
    StringJoiner texts = new StringJoiner(", ");
    for (String value : node.values()) {
      KnownSplits splits = splits(value);
      List<Place> places = own.stream().filter(at -> at.value().equals(value)).toList();
      boolean has = places.stream().anyMatch(at -> splits.axes(at.dim()).contains(axis));
      if (!value.equals(undecided) && splits.uses(axis) && !has) {
        int dim = places.stream().mapToInt(Place::dim).findFirst().orElse(-1);
        Price one =
            options
                .pricing()
                .price(splits.layout(mesh), splits.moved(mesh, axis, dim), splits.type());
        cost += one.cost();
        texts.add(value + ": " + one);
      }
    }
    return new Price(cost, texts.length() == 0 ? "nothing" : texts.toString());
  }

  /**
   * Records a label that requested an axis without success, since the axis splits another label of
   * the value.
   *
   * @throws PropagationException if conflicts are errors
   */
  void report(
      PropagationNode node, Place lost, List<String> axes, String by, String axis, int level) {
    String value = lost.value();
    int kept = splits(value).dimOf(axis);
    if (kept < 0
        || kept == lost.dim()
        || isAnnotated(value, kept)
        || isAnnotatedBehind(value, kept)
        || isAnnotatedBehind(value, lost.dim())
        || !reported.add(List.of(value, lost.dim(), axis, by))) {
      return;
    }
    Alternative loser = loser(node, lost, axes, by, axis);
    Reason reason = splits(value).reasons().get(kept);
    Through taken = through(reason);
    if (options.strict()) {
      throw new PropagationException(
          message(node, value, axis, List.of(winner(node, value, kept, taken, axis), loser)));
    }
    List<Alternative> others = new ArrayList<>(List.of(loser));
    if (reason instanceof Reason.Chosen(Through _, List<Alternative> before)) {
      others.addAll(before);
    }
    others.sort(Comparator.comparingDouble(other -> other.price().cost()));
    splits(value).setReason(kept, new Reason.Chosen(taken, others));
  }

  /**
   * The rejected choice with its price: the cost of resharding the statement's other values that
   * have the axis elsewhere, and of resharding the value for the statement that split the axis, if
   * that is another one.
   */
  private Alternative loser(
      PropagationNode node, Place lost, List<String> axes, String by, String axis) {
    String value = lost.value();
    KnownSplits splits = splits(value);
    int factor = lost.dims().factors().getFirst();
    Price here = price(node, factor, axis, value);
    Price there = new Price(0, "nothing");
    if (!through(splits.reasons().get(splits.dimOf(axis))).statement().equals(node.text())) {
      Layout other = splits.moved(mesh, axis, lost.dim());
      Price one = options.pricing().price(other, splits.layout(mesh), splits.type());
      there = new Price(one.cost(), value + ": " + one);
    }
    return new Alternative(splits.label(lost.dim()), String.join(".", axes), by, sum(here, there));
  }

  private static Price sum(Price one, Price other) {
    String text =
        one.cost() == 0 ? other.text() : other.cost() == 0 ? one.text() : one + ", " + other;
    return new Price(one.cost() + other.cost(), text);
  }

  private Alternative winner(
      PropagationNode node, String value, int kept, Through taken, String axis) {
    KnownSplits splits = splits(value);
    int factor =
        IntStream.range(0, node.rule().factors().size())
            .filter(
                each ->
                    node.places(each).stream()
                        .anyMatch(at -> at.value().equals(value) && at.dim() == kept))
            .findFirst()
            .orElseThrow();
    return new Alternative(
        splits.label(kept),
        String.join(".", splits.axes(kept)),
        taken.value(),
        price(node, factor, axis, value));
  }

  private static String message(
      PropagationNode node, String value, String axis, List<Alternative> alternatives) {
    StringJoiner text = new StringJoiner("\n  ");
    text.add(
        String.format(
            Locale.ROOT,
            "mesh axis %s of %s is asked for by %d labels, in %s:",
            axis,
            value,
            alternatives.size(),
            node.text()));
    alternatives.forEach(one -> text.add(one.toString()));
    return AnnotationInsertion.withoutSuffixes(text.toString())
        + "\nannotate "
        + value
        + " with the layout that it should have";
  }

  /**
   * Whether a dimension is split by an annotation of the value. Values that differ only by
   * annotations count as the same value.
   */
  private boolean isAnnotated(String value, int dim) {
    String at = value;
    int label = dim;
    Set<String> visited = new HashSet<>();
    while (visited.add(at)) {
      Reason reason = splits(at).reasons().get(label);
      if (!(reason instanceof Through || reason instanceof Reason.Chosen)) {
        return reason instanceof Reason.Annotated;
      }
      Through through = through(reason);
      String from = through.value();
      if (!from.equals(annotated.get(at)) && !at.equals(annotated.get(from))) {
        return false;
      }
      at = from;
      label = splits(at).type().axis(through.label());
    }
    return false;
  }

  /**
   * Whether the value is the operand of an annotation, and this annotation splits the dimension.
   */
  private boolean isAnnotatedBehind(String value, int dim) {
    return annotated.entrySet().stream()
        .filter(one -> one.getValue().equals(value))
        .anyMatch(one -> splits(one.getKey()).reasons().get(dim) instanceof Reason.Annotated);
  }

  private static Through through(Reason reason) {
    return switch (reason) {
      case Through one -> one;
      case Reason.Chosen(Through taken, List<Alternative> _) -> taken;
      case Reason.Annotated _, Reason.Unasked _ ->
          throw new IllegalStateException("an axis without a statement that carried it: " + reason);
    };
  }
}
