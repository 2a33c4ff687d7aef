package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.contraction.ContractionProgram.Ref;
import io.github.shardsum.internal.contraction.ContractionProgram.Role;
import io.github.shardsum.internal.contraction.ContractionProgram.Step;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.path.ContractionPath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Builds the steps of one pass over a contraction's pairs, for given sizes. Before each pair, it
 * sums the labels that only one operand has and no later step needs.
 */
final class StepBuilder {
  private final ContractionSpec spec;
  private final long[] sizes;
  private final StepPlanner planner;
  private final RoutedPlanner routedPlanner;
  private final KernelChoices.Cursor choices;
  private final Temporaries temporaries;
  private final int[] uses;
  private final List<Step> steps = new ArrayList<>();
  private int level;

  StepBuilder(ContractionSpec spec, KernelSet kernels, long[] sizes, KernelChoices.Cursor choices) {
    this.spec = spec;
    this.sizes = sizes;
    this.choices = choices;
    this.planner = new StepPlanner(kernels, spec.type());
    this.routedPlanner = new RoutedPlanner(kernels, spec, sizes);
    // A value that outlives a pass must keep its array, so with slices no array is used twice.
    this.temporaries = new Temporaries(spec.slices().isEmpty());
    this.uses = new int[sizes.length];
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  List<Integer> temporarySizes() {
    return temporaries.sizes();
  }

  /** A temporary for the whole result, without labels that no operand has. */
  StoredValue collector() {
    int[] order = labels(l -> spec.isInResult(l) && spec.isInOperands(l));
    return temporary(order, spec.sizes());
  }

  /** A temporary for the sums that one pass adds to the result. */
  StoredValue ofPass() {
    return temporary(labels(l -> spec.isInResult(l) && spec.isInOperands(l)), sizes);
  }

  /** A temporary for the result's elements; for a repeated label it has only the diagonal. */
  StoredValue likeResult() {
    return temporary(labels(spec::isInResult), spec.sizes());
  }

  /** As {@link #contract}, into a separate value that is then copied or added to the target. */
  void contractApart(StoredValue target, Role role) {
    StoredValue own = ofPass();
    contract(own, Role.INNER);
    steps.add(copy(target, own, role, spec.slices().size()));
  }

  /** Adds the steps that contract all operands into a target. */
  void contract(StoredValue target, Role role) {
    if (spec.sumsNothing()) {
      steps.add(copy(target, constant(0), role, 0));
      return;
    }
    List<StoredValue> values = new ArrayList<>();
    for (int i = 0; i < spec.operands().size(); i++) {
      values.add(new StoredValue(new Ref.Input(i), spec.operands().get(i)));
    }
    for (StoredValue value : values) {
      count(value, 1);
    }
    level = spec.slices().size();
    if (values.size() == 1) {
      single(values.getFirst(), target, role);
      return;
    }
    List<ContractionPath.Pair> pairs = spec.path().pairs();
    List<int[]> orders = pairs.size() == 1 ? List.of() : IntermediateLayouts.of(spec);
    for (int i = 0; i < pairs.size(); i++) {
      StoredValue left = values.get(pairs.get(i).left());
      StoredValue right = values.get(pairs.get(i).right());
      count(left, -1);
      count(right, -1);
      if (i == pairs.size() - 1) {
        level = spec.slices().size();
        pair(left, right, target, role);
      } else {
        level = spec.levels()[i];
        StoredValue product = temporary(orders.get(i), sizes);
        pair(left, right, product, Role.INNER);
        values.add(product);
        count(product, 1);
      }
    }
  }

  private void count(StoredValue value, int change) {
    for (int label = 0; label < uses.length; label++) {
      uses[label] += value.view().has(label) ? change : 0;
    }
  }

  private boolean isNeeded(int label) {
    return uses[label] > 0 || spec.isInResult(label);
  }

  private int[] labels(IntPredicate which) {
    return labels(uses.length, which).toArray();
  }

  private static IntStream labels(int count, IntPredicate which) {
    return IntStream.range(0, count).filter(which);
  }

  private void single(StoredValue operand, StoredValue target, Role role) {
    if (operand.view() instanceof View.Routed routed) {
      routed(routed, operand.ref(), constant(1), target, role);
    } else {
      steps.add(copy(target, operand, role, level));
    }
  }

  private void pair(StoredValue left, StoredValue right, StoredValue target, Role role) {
    if (right.view() instanceof View.Routed) {
      if (left.view() instanceof View.Routed) {
        pair(left, dense(right), target, role);
      } else {
        pair(right, left, target, role);
      }
      return;
    }
    StoredValue y = withoutOwnSums(right, left.view());
    if (left.view() instanceof View.Routed routed) {
      routed(routed, left.ref(), y, target, role);
    } else {
      StoredValue x = withoutOwnSums(left, right.view());
      binary(x, y, target, role);
      temporaries.free(x.ref());
    }
    temporaries.free(y.ref());
  }

  /** A dense copy of a routing operand. */
  private StoredValue dense(StoredValue routed) {
    StoredValue dense = temporary(labels(routed.view()::has), sizes);
    single(routed, dense, Role.INNER);
    return dense;
  }

  /** The value, summed over the labels that no other operand and no later step has. */
  private StoredValue withoutOwnSums(StoredValue value, View other) {
    boolean sums = false;
    for (int label = 0; label < uses.length; label++) {
      sums |= value.view().has(label) && !other.has(label) && !isNeeded(label);
    }
    if (!sums) {
      return value;
    }
    int[] kept = labels(l -> value.view().has(l) && (other.has(l) || isNeeded(l)));
    StoredValue reduced = temporary(kept, sizes);
    steps.add(copy(reduced, value, Role.INNER, level));
    temporaries.free(value.ref());
    return reduced;
  }

  private void binary(StoredValue left, StoredValue right, StoredValue target, Role role) {
    List<StepLabel> all = new ArrayList<>();
    View.Dense out = (View.Dense) target.view();
    View.Dense x = (View.Dense) left.view();
    View.Dense y = (View.Dense) right.view();
    for (int label = 0; label < uses.length; label++) {
      if (x.has(label) || y.has(label) || out.has(label)) {
        all.add(label(label, out, x, y));
      }
    }
    StepPlanner.Choice choice =
        spec.isTree()
            ? choices.only(planner.tree(all, true, spec.leaf()))
            : choices.next(planner.binary(all), () -> planner.binaryCandidates(all));
    Ref first = choice.swapped() ? right.ref() : left.ref();
    Ref second = choice.swapped() ? left.ref() : right.ref();
    Supplier<StepInfo> text = () -> text(sizes, choice.kernel().name(), choice.why(), out, x, y);
    steps.add(
        new Step.Dense(
            choice.kernel(), target.ref(), first, second, role, level, count(out), text));
  }

  /** Copies or sums one dense value into another, and repeats it along labels that it lacks. */
  Step copy(StoredValue target, StoredValue source, Role role, int level) {
    List<StepLabel> all = new ArrayList<>();
    View.Dense out = (View.Dense) target.view();
    View.Dense x = (View.Dense) source.view();
    for (int label = 0; label < uses.length; label++) {
      if (x.has(label) || out.has(label)) {
        all.add(label(label, out, x, x));
      }
    }
    StepPlanner.Choice choice =
        spec.isTree()
            ? choices.only(planner.tree(all, false, spec.leaf()))
            : choices.next(planner.unary(all), () -> planner.unaryCandidates(all));
    Supplier<StepInfo> text = () -> text(sizes, choice.kernel().name(), choice.why(), out, x);
    return new Step.Dense(
        choice.kernel(), target.ref(), source.ref(), source.ref(), role, level, count(out), text);
  }

  private StepLabel label(int label, View.Dense out, View.Dense x, View.Dense y) {
    long bias = out.has(label) ? spec.biasStride(label) : 0;
    long[] strides = {out.strides()[label], x.strides()[label], y.strides()[label], bias};
    return new StepLabel(sizes[label], out.has(label), x.has(label), y.has(label), strides);
  }

  private void routed(View.Routed view, Ref ref, StoredValue dense, StoredValue target, Role role) {
    RoutedKernel kernel =
        routedPlanner.plan(view, (View.Dense) dense.view(), (View.Dense) target.view());
    int operand = ((Ref.Input) ref).index();
    String why = "only the routing tensor's non-zeros are read";
    Supplier<StepInfo> text =
        () -> text(sizes, kernel.name(), why, target.view(), view, dense.view());
    steps.add(
        new Step.Routed(
            kernel, target.ref(), operand, dense.ref(), role, level, count(target.view()), text));
  }

  /** A step over all axes of the result, independent of their labels. */
  Step wholeResult(Ref source, Role role) {
    boolean constant = source instanceof Ref.Constant;
    List<StepLabel> all = new ArrayList<>();
    for (int axis = 0; axis < spec.resultLabels().length; axis++) {
      long stride = spec.resultStrides()[axis];
      long from = constant ? 0 : stride;
      long[] strides = {stride, from, from, spec.biasStrides()[axis]};
      long size = spec.sizes()[spec.resultLabels()[axis]];
      all.add(new StepLabel(size, true, !constant, !constant, strides));
    }
    StepKernel kernel = planner.inPlace(all);
    Supplier<StepInfo> text =
        () -> text(sizes, kernel.name(), "in place", spec.result(), spec.result());
    long elements = all.stream().mapToLong(StepLabel::size).reduce(1, Math::multiplyExact);
    return new Step.Dense(kernel, new Ref.Result(), source, source, role, 0, elements, text);
  }

  private StoredValue constant(int value) {
    int n = uses.length;
    return new StoredValue(
        new Ref.Constant(value), new View.Dense(spec.type().dtype(), new boolean[n], new long[n]));
  }

  private StoredValue temporary(int[] order, long[] sizes) {
    long[] strides = new long[uses.length];
    boolean[] present = new boolean[uses.length];
    long stride = 1;
    for (int i = order.length - 1; i >= 0; i--) {
      present[order[i]] = true;
      strides[order[i]] = stride;
      stride = Math.multiplyExact(stride, sizes[order[i]]);
    }
    return new StoredValue(
        temporaries.take(stride), new View.Dense(spec.type().dtype(), present, strides));
  }

  private static StepInfo text(long[] sizes, String kernel, String why, View out, View... inputs) {
    double elements = elements(sizes, out);
    List<List<Integer>> labels = new ArrayList<>();
    for (View input : inputs) {
      labels.add(order(sizes.length, input));
      elements += elements(sizes, input);
    }
    return new StepInfo(labels, order(sizes.length, out), kernel, why, elements);
  }

  /** Number of elements of a value. */
  private long count(View view) {
    return labels(sizes.length, view::has)
        .mapToLong(label -> sizes[label])
        .reduce(1, Math::multiplyExact);
  }

  private static double elements(long[] sizes, View view) {
    return labels(sizes.length, view::has)
        .mapToDouble(label -> sizes[label])
        .reduce(1, (x, y) -> x * y);
  }

  /** The labels in the order of memory; for a routing operand in the order of its axes. */
  private static List<Integer> order(int count, View view) {
    return switch (view) {
      case View.Dense dense ->
          labels(count, view::has)
              .boxed()
              .sorted(Comparator.comparingLong(label -> -Math.abs(dense.strides()[label])))
              .toList();
      case View.Routed routed ->
          IntStream.concat(IntStream.of(routed.leadOrder()), IntStream.of(routed.tail()))
              .filter(label -> label >= 0)
              .boxed()
              .toList();
    };
  }
}
