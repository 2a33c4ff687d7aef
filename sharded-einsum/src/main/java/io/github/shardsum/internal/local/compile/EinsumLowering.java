package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.local.run.BiasedEinsum;
import io.github.shardsum.internal.local.run.LocalRunContext;
import io.github.shardsum.internal.local.run.LocalStorage;
import io.github.shardsum.internal.local.run.LocalView;
import io.github.shardsum.internal.local.run.OneHotProduct;
import io.github.shardsum.internal.local.run.ValueMemory;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lowers einsums: to views if there is nothing to compute, otherwise to compiled einsums. */
final class EinsumLowering {
  private final StatementLowering lowering;

  EinsumLowering(StatementLowering lowering) {
    this.lowering = lowering;
  }

  void lower(Contraction.Einsum einsum, Value result) {
    if (isView(einsum)) {
      Value operand = einsum.operands().getFirst();
      ValueMemory.Dense place = lowering.denseLocation(operand);
      lowering.put(result, place.seen(view(einsum.equation(), result.type())));
      return;
    }
    if (new OneHotLowering(lowering).weightedSum(einsum, result)) {
      return;
    }
    if (lowering.sums().isTree() && inOrder(einsum, result)) {
      return;
    }
    run(einsum, result, Epilogue.none(), Optional.empty());
  }

  /**
   * Lowers a product with a one-hot in the order of a tree; for any other einsum returns false and
   * does nothing. If the operand is not finite, the product takes all elements of the one-hot,
   * since a zero times such an element is NaN. The plan does not count the memory of these
   * elements.
   */
  private boolean inOrder(Contraction.Einsum einsum, Value result) {
    for (int side = 0; side < einsum.operands().size(); side++) {
      Optional<ValueMemory> place = lowering.location(einsum.operands().get(side));
      Optional<OneHotProduct> product = OneHotProduct.of(einsum, side, lowering.sums().leaf());
      if (product.isPresent() && place.orElseThrow() instanceof ValueMemory.Routed routed) {
        inOrder(einsum, side, product.get(), routed, result);
        return true;
      }
    }
    return false;
  }

  private void inOrder(
      Contraction.Einsum einsum,
      int side,
      OneHotProduct product,
      ValueMemory.Routed routed,
      Value result) {
    int hot = lowering.any(einsum.operands().get(side));
    Value factor = einsum.operands().get(1 - side);
    int other = lowering.dense(factor);
    OperandSpec whole =
        OperandSpec.ofStrided(routed.dtype(), routed.shape(), routed.shape().rowMajorStrides());
    OperandSpec[] specs = {whole, spec(other, factor)};
    Einsum elements =
        Einsum.compile(
            einsum.equation(), options(einsum, Epilogue.none()), specs[side], specs[1 - side]);
    int out = lowering.define(result);
    lowering.step(
        product.name(),
        einsum.equation().toString(),
        List.of(hot, other),
        List.of(out),
        List.of(),
        product.flops(),
        0,
        product.scratchBytes(lowering.workers().threads()),
        frame -> {
          RoutingTensor routing = frame.workspace().routing(routed.index());
          Tensor given = frame.tensor(other);
          if (OneHotProduct.isFinite(frame.workers(), given)) {
            product.run(frame.workers(), frame.tensor(out), routing.positions(), given);
          } else {
            Operand[] all = {routing.toDense(), given};
            elements.runInto(frame.tensor(out), all[side], all[1 - side]);
          }
        });
  }

  void lower(EpilogueFusion.Chain chain) {
    var statements = lowering.program().statements();
    Contraction.Einsum einsum = (Contraction.Einsum) statements.get(chain.einsum()).operation();
    Value result = statements.get(chain.last()).result();
    Epilogue epilogue = new Epilogue(chain.scale(), Optional.empty(), chain.relu());
    run(einsum, result, epilogue, chain.bias());
  }

  /** A sum over labels of one value. */
  void sum(Value x, List<String> labels, Value result) {
    Term term = Term.of(x.type().names().toArray(String[]::new));
    Term kept =
        Term.of(
            x.type().names().stream()
                .filter(label -> !labels.contains(label))
                .toArray(String[]::new));
    Equation equation = new Equation(List.of(term), kept);
    lower(new Contraction.Einsum(equation, List.of(x), x.type().dtype(), Map.of()), result);
  }

  /** Whether every label of the only operand is in the output and the dtype stays. */
  private static boolean isView(Contraction.Einsum einsum) {
    return einsum.operands().size() == 1
        && einsum.operands().getFirst().type().dtype() == einsum.dtype()
        && einsum.equation().output().axes().containsAll(einsum.equation().operand(0).axes());
  }

  private static LocalView.View view(Equation equation, ValueType result) {
    List<Axis> axes = equation.operand(0).axes();
    int[] to = new int[axes.size()];
    for (int axis = 0; axis < to.length; axis++) {
      to[axis] = equation.output().axes().indexOf(axes.get(axis));
    }
    return LocalView.rearrange(result.shape().toArray(), to);
  }

  private void run(
      Contraction.Einsum einsum, Value result, Epilogue epilogue, Optional<Value> bias) {
    int[] operands = operands(einsum);
    List<OperandSpec> specs = new ArrayList<>();
    for (int i = 0; i < operands.length; i++) {
      specs.add(spec(operands[i], einsum.operands().get(i)));
    }
    EinsumOptions options = options(einsum, epilogue);
    Einsum compiled = Einsum.compile(einsum.equation(), options, specs.toArray(OperandSpec[]::new));
    Optional<BiasedEinsum> biased = bias.map(value -> biased(einsum, options, specs, value));
    int out = lowering.define(result);
    run(einsum, compiled, operands, out, epilogue, biased);
  }

  private EinsumOptions options(Contraction.Einsum einsum, Epilogue epilogue) {
    EinsumOptions options =
        EinsumOptions.defaults()
            .withDtype(einsum.dtype())
            .withEpilogue(epilogue)
            .withWorkers(lowering.workers())
            .withSums(lowering.sums());
    for (Map.Entry<String, Long> size : einsum.sizes().entrySet()) {
      options = options.withSize(size.getKey(), size.getValue());
    }
    return options;
  }

  private void run(
      Contraction.Einsum einsum,
      Einsum compiled,
      int[] operands,
      int out,
      Epilogue epilogue,
      Optional<BiasedEinsum> biased) {
    String what = einsum.equation() + (epilogue.relu() ? ", relu" : "");
    List<Integer> reads = StatementLowering.list(operands);
    long own = compiled.explain().temporaryBytes();
    lowering.packs(compiled.packedBytes());
    double flops = compiled.explain().flops() * density(operands);
    if (biased.isEmpty()) {
      lowering.step(
          kernel(compiled),
          what,
          reads,
          List.of(out),
          List.of(),
          flops,
          own,
          0,
          frame -> run(frame, compiled, operands, out));
      return;
    }
    int index = lowering.bias(biased.get());
    lowering.step(
        kernel(compiled),
        what + ", bias " + biased.get().term(),
        reads,
        List.of(out),
        List.of(biased.get().bias()),
        flops,
        own,
        0,
        frame -> run(frame, frame.workspace().einsum(index), operands, out));
  }

  /** The share of a dense operand's elements that are present. */
  private double density(int[] operands) {
    double density = 1;
    for (int operand : operands) {
      if (lowering.locationOf(operand) instanceof ValueMemory.Routed routed) {
        double tail = 1;
        for (int axis = routed.leadRank(); axis < routed.shape().rank(); axis++) {
          tail *= routed.shape().size(axis);
        }
        density *= routed.slots() / Math.max(1, tail);
      }
    }
    return density;
  }

  private static void run(LocalRunContext frame, Einsum einsum, int[] operands, int out) {
    Operand[] in = new Operand[operands.length];
    for (int i = 0; i < in.length; i++) {
      in[i] = frame.operand(operands[i]);
    }
    einsum.runInto(frame.tensor(out), in);
  }

  private static String kernel(Einsum compiled) {
    var steps = compiled.explain().steps();
    return steps.isEmpty() ? "nothing" : steps.getLast().kernel();
  }

  /** At most one operand stays in positions and weights; others are made dense. */
  private int[] operands(Contraction.Einsum einsum) {
    int[] operands = new int[einsum.operands().size()];
    boolean routed = false;
    for (int i = 0; i < operands.length; i++) {
      Value operand = einsum.operands().get(i);
      boolean stays =
          !routed
              && !lowering.sums().isTree()
              && operands.length == 2
              && lowering.location(operand).orElseThrow() instanceof ValueMemory.Routed
              && !operand.equals(einsum.operands().get(1 - i))
              && isDistinct(einsum.equation().operand(i));
      operands[i] = stays ? lowering.any(operand) : lowering.dense(operand);
      routed |= stays;
    }
    return operands;
  }

  private static boolean isDistinct(Term term) {
    return term.axes().stream().distinct().count() == term.size();
  }

  private OperandSpec spec(int id, Value value) {
    return switch (lowering.locationOf(id)) {
      case ValueMemory.Dense dense ->
          OperandSpec.ofStrided(
              value.type().dtype(), value.type().shape(), dense.planned().strides());
      case ValueMemory.Routed routed -> {
        long[] sizes = java.util.Arrays.copyOf(routed.shape().toArray(), routed.leadRank() + 1);
        sizes[routed.leadRank()] = routed.slots();
        long[] strides = io.github.shardsum.tensor.Shape.of(sizes).rowMajorStrides();
        long[] weights = routed.weights().isPresent() ? strides : new long[strides.length];
        yield OperandSpec.ofRouting(
            routed.dtype(), routed.shape(), routed.leadRank(), strides, weights);
      }
    };
  }

  /** A bias that is not in a buffer of the workspace in C order is copied into one. */
  private BiasedEinsum biased(
      Contraction.Einsum einsum, EinsumOptions options, List<OperandSpec> specs, Value bias) {
    Term term = Term.of(bias.type().names().toArray(String[]::new));
    LocalStorage.Buffer buffer = lowering.wholeBuffer(bias, ".bias");
    return new BiasedEinsum(einsum.equation(), options, specs, term, buffer);
  }
}
