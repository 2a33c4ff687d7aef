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
  private final RoutedContractionPlanner routedPlanner;
  private final StepKernelChoices.Cursor choices;
  private final ContractionTemporaries temporaries;
  private final int[] uses;
  private final List<Step> steps = new ArrayList<>();
  private int level;

  StepBuilder(
      ContractionSpec spec, KernelSet kernels, long[] sizes, StepKernelChoices.Cursor choices) {
    this.spec = spec;
    this.sizes = sizes;
    this.choices = choices;
    this.planner = new StepPlanner(kernels, spec.type());
    this.routedPlanner = new RoutedContractionPlanner(kernels, spec, sizes);
    // A value that outlives a pass must keep its array, so with slices no array is used twice.
    this.temporaries = new ContractionTemporaries(spec.slices().isEmpty());
    this.uses = new int[sizes.length];
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  List<Integer> temporarySizes() {
    return temporaries.sizes();
  }

  /** A temporary for the whole result, without labels that no operand has. */
  ContractionValue collector() {
    int[] order = labels(l -> spec.isInResult(l) && spec.isInOperands(l));
    return temporary(order, spec.sizes());
  }

  /** A temporary for the sums that one pass adds to the result. */
  ContractionValue ofPass() {
    return temporary(labels(l -> spec.isInResult(l) && spec.isInOperands(l)), sizes);
  }

  /** A temporary for the result's elements; for a repeated label it has only the diagonal. */
  ContractionValue likeResult() {
    return temporary(labels(spec::isInResult), spec.sizes());
  }

  /** As {@link #contract}, into a separate value that is then copied or added to the target. */
  void contractApart(ContractionValue target, Role role) {
    ContractionValue own = ofPass();
    contract(own, Role.INNER);
    steps.add(copy(target, own, role, spec.slices().size()));
  }

  /** Adds the steps that contract all operands into a target. */
  void contract(ContractionValue target, Role role) {
    if (spec.sumsNothing()) {
      steps.add(copy(target, constant(0), role, 0));
      return;
    }
    List<ContractionValue> values = new ArrayList<>();
    for (int i = 0; i < spec.operands().size(); i++) {
      values.add(new ContractionValue(new Ref.Input(i), spec.operands().get(i)));
    }
    for (ContractionValue value : values) {
      count(value, 1);
    }
    level = spec.slices().size();
    if (values.size() == 1) {
      single(values.getFirst(), target, role);
      return;
    }
    List<ContractionPath.Pair> pairs = spec.path().pairs();
    List<int[]> orders = pairs.size() == 1 ? List.of() : IntermediateLabelOrder.of(spec);
    for (int i = 0; i < pairs.size(); i++) {
      ContractionValue left = values.get(pairs.get(i).left());
      ContractionValue right = values.get(pairs.get(i).right());
      count(left, -1);
      count(right, -1);
      if (i == pairs.size() - 1) {
        level = spec.slices().size();
        pair(left, right, target, role);
      } else {
        level = spec.levels()[i];
        ContractionValue product = temporary(orders.get(i), sizes);
        pair(left, right, product, Role.INNER);
        values.add(product);
        count(product, 1);
      }
    }
  }

  private void count(ContractionValue value, int change) {
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

  private void single(ContractionValue operand, ContractionValue target, Role role) {
    if (operand.view() instanceof ContractionView.Routed routed) {
      routed(routed, operand.ref(), constant(1), target, role);
    } else {
      steps.add(copy(target, operand, role, level));
    }
  }

  private void pair(
      ContractionValue left, ContractionValue right, ContractionValue target, Role role) {
    if (right.view() instanceof ContractionView.Routed) {
      if (left.view() instanceof ContractionView.Routed) {
        pair(left, dense(right), target, role);
      } else {
        pair(right, left, target, role);
      }
      return;
    }
    ContractionValue y = withoutOwnSums(right, left.view());
    if (left.view() instanceof ContractionView.Routed routed) {
      routed(routed, left.ref(), y, target, role);
    } else {
      ContractionValue x = withoutOwnSums(left, right.view());
      binary(x, y, target, role);
      temporaries.free(x.ref());
    }
    temporaries.free(y.ref());
  }

  /** A dense copy of a routing operand. */
  private ContractionValue dense(ContractionValue routed) {
    ContractionValue dense = temporary(labels(routed.view()::has), sizes);
    single(routed, dense, Role.INNER);
    return dense;
  }

  /** The value, summed over the labels that no other operand and no later step has. */
  private ContractionValue withoutOwnSums(ContractionValue value, ContractionView other) {
    boolean sums = false;
    for (int label = 0; label < uses.length; label++) {
      sums |= value.view().has(label) && !other.has(label) && !isNeeded(label);
    }
    if (!sums) {
      return value;
    }
    int[] kept = labels(l -> value.view().has(l) && (other.has(l) || isNeeded(l)));
    ContractionValue reduced = temporary(kept, sizes);
    steps.add(copy(reduced, value, Role.INNER, level));
    temporaries.free(value.ref());
    return reduced;
  }

  private void binary(
      ContractionValue left, ContractionValue right, ContractionValue target, Role role) {
    List<StepLabel> all = new ArrayList<>();
    ContractionView.Dense out = (ContractionView.Dense) target.view();
    ContractionView.Dense x = (ContractionView.Dense) left.view();
    ContractionView.Dense y = (ContractionView.Dense) right.view();
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
  Step copy(ContractionValue target, ContractionValue source, Role role, int level) {
    List<StepLabel> all = new ArrayList<>();
    ContractionView.Dense out = (ContractionView.Dense) target.view();
    ContractionView.Dense x = (ContractionView.Dense) source.view();
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

  private StepLabel label(
      int label, ContractionView.Dense out, ContractionView.Dense x, ContractionView.Dense y) {
    long bias = out.has(label) ? spec.biasStride(label) : 0;
    long[] strides = {out.strides()[label], x.strides()[label], y.strides()[label], bias};
    return new StepLabel(sizes[label], out.has(label), x.has(label), y.has(label), strides);
  }

  private void routed(
      ContractionView.Routed view,
      Ref ref,
      ContractionValue dense,
      ContractionValue target,
      Role role) {
    RoutedContractionKernel kernel =
        routedPlanner.plan(
            view, (ContractionView.Dense) dense.view(), (ContractionView.Dense) target.view());
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

  private ContractionValue constant(int value) {
    int n = uses.length;
    return new ContractionValue(
        new Ref.Constant(value),
        new ContractionView.Dense(spec.type().dtype(), new boolean[n], new long[n]));
  }

  private ContractionValue temporary(int[] order, long[] sizes) {
    long[] strides = new long[uses.length];
    boolean[] present = new boolean[uses.length];
    long stride = 1;
    for (int i = order.length - 1; i >= 0; i--) {
      present[order[i]] = true;
      strides[order[i]] = stride;
      stride = Math.multiplyExact(stride, sizes[order[i]]);
    }
    return new ContractionValue(
        temporaries.take(stride), new ContractionView.Dense(spec.type().dtype(), present, strides));
  }

  private static StepInfo text(
      long[] sizes, String kernel, String why, ContractionView out, ContractionView... inputs) {
    double elements = elements(sizes, out);
    List<List<Integer>> labels = new ArrayList<>();
    for (ContractionView input : inputs) {
      labels.add(order(sizes.length, input));
      elements += elements(sizes, input);
    }
    return new StepInfo(labels, order(sizes.length, out), kernel, why, elements);
  }

  /** Number of elements of a value. */
  private long count(ContractionView view) {
    return labels(sizes.length, view::has)
        .mapToLong(label -> sizes[label])
        .reduce(1, Math::multiplyExact);
  }

  private static double elements(long[] sizes, ContractionView view) {
    return labels(sizes.length, view::has)
        .mapToDouble(label -> sizes[label])
        .reduce(1, (x, y) -> x * y);
  }

  /** The labels in the order of memory; for a routing operand in the order of its axes. */
  private static List<Integer> order(int count, ContractionView view) {
    return switch (view) {
      case ContractionView.Dense dense ->
          labels(count, view::has)
              .boxed()
              .sorted(Comparator.comparingLong(label -> -Math.abs(dense.strides()[label])))
              .toList();
      case ContractionView.Routed routed ->
          IntStream.concat(IntStream.of(routed.leadOrder()), IntStream.of(routed.tail()))
              .filter(label -> label >= 0)
              .boxed()
              .toList();
    };
  }
}
