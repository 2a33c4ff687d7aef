package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ShardedEinsum;
import io.github.shardsum.partition.ShardedEinsumPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An einsum to plan. */
record EinsumTarget(String equation) implements PlanTarget {
  @Override
  public boolean hasLabels() {
    return !Equation.parse(equation).labels().isEmpty();
  }

  @Override
  public PlanOutcome plan(PlanRequest request, PlanChecks checks) {
    Equation parsed = Equation.parse(equation);
    List<Shape> shapes = new ArrayList<>();
    for (Term term : parsed.operands()) {
      shapes.add(shape(term, request.sizes()));
    }
    shape(parsed.output(), request.sizes());
    for (String label : request.sizes().keySet()) {
      if (!parsed.labels().contains(label)) {
        throw new PlanSizesException(
            format("sizes: each label must be one of \"%s\", got %s", parsed, label));
      }
    }
    Map<String, Long> made = made(parsed, request.sizes());
    ShardedEinsumPlan plan =
        ShardedEinsumPlan.of(parsed, request.mesh(), shapes, made, DType.F32, request.options());
    Optional<Boolean> equal = checks.run() ? Optional.of(isEqual(plan, made)) : Optional.empty();
    Optional<String> certificate =
        checks.certify() ? Optional.of(plan.certify()) : Optional.empty();
    return new PlanOutcome(
        parsed.toString(),
        plan.plan(),
        request.options(),
        List.of(),
        certificate,
        checks
            .plugin()
            .map(plugin -> PlanXlaComparison.of(program(plan, made), plan.plan(), plugin)),
        equal);
  }

  /** The einsum alone as a program; its layouts are those of the plan's edges. */
  private static Program program(ShardedEinsumPlan plan, Map<String, Long> made) {
    ProgramBuilder p = Program.builder("einsum");
    List<Value> operands = new ArrayList<>();
    for (PlannedValue input : plan.plan().inputs()) {
      List<Axis> labels = new ArrayList<>();
      for (int dim = 0; dim < input.shape().rank(); dim++) {
        labels.add(Axis.of(input.layout().label(dim)));
      }
      ValueType type = new ValueType(DType.F32, new Term(labels, List.of()), input.shape());
      operands.add(p.input("operand" + operands.size(), type));
    }
    p.output(
        "result",
        p.add(new Contraction.Einsum(plan.equation().withoutLayout(), operands, DType.F32, made))
            .getFirst());
    return p.build();
  }

  /** Sizes of labels that no operand has. */
  private static Map<String, Long> made(Equation equation, Map<String, Long> sizes) {
    Map<String, Long> made = new HashMap<>(sizes);
    equation.operands().forEach(term -> term.axes().forEach(axis -> made.remove(axis.label())));
    return made;
  }

  /** The shape that sizes give to a term. */
  static Shape shape(Term term, Map<String, Long> sizes) {
    List<Long> shape = new ArrayList<>();
    for (Axis axis : term.axes()) {
      Long size = sizes.get(axis.label());
      if (size == null) {
        throw new PlanSizesException(
            format(
                "sizes: every label must have one, got none for %s of \"%s\"", axis.label(), term));
      }
      shape.add(size);
    }
    return Shape.of(shape.stream().mapToLong(size -> size).toArray());
  }

  private static boolean isEqual(ShardedEinsumPlan plan, Map<String, Long> made) {
    PlanIntegerData data = new PlanIntegerData(plan.plan().mesh());
    List<Tensor> operands = new ArrayList<>();
    for (PlannedValue input : plan.plan().inputs()) {
      operands.add(data.next(input));
    }
    EinsumOptions options = EinsumOptions.defaults();
    for (Map.Entry<String, Long> size : made.entrySet()) {
      options = options.withSize(size.getKey(), size.getValue());
    }
    Tensor[] whole = operands.toArray(Tensor[]::new);
    Tensor expected =
        Einsum.compile(plan.equation().withoutLayout(), options, OperandSpec.like(whole))
            .run(whole);
    try (Collectives collectives = Collectives.open(plan.plan().mesh())) {
      ShardedEinsum einsum = ShardedEinsum.of(plan, collectives);
      Tensor result = einsum.gather(einsum.runSharded(data.shards(collectives.devices())));
      return PlanIntegerData.isEqual(expected, result);
    }
  }
}
