package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.RandomSharding.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** An einsum of one to three operands from a seed: uneven, empty, partial, repeated labels. */
final class RandomEinsum {
  private static final List<String> LABELS = List.of("a", "b", "c", "d", "e");
  private static final List<DType> DTYPES =
      List.of(DType.F32, DType.F32, DType.F32, DType.F64, DType.BF16, DType.I32, DType.BOOL);

  private final RandomSharding random;
  private final Mesh mesh;
  private final Map<String, Long> sizes = new HashMap<>();
  private final Map<String, Long> made = new HashMap<>();
  private final List<Layout> layouts = new ArrayList<>();
  private final Equation equation;
  private final DType dtype;
  final String what;

  RandomEinsum(long seed) {
    this(new RandomSharding(seed), seed);
  }

  private RandomEinsum(RandomSharding random, long seed) {
    this(random, random.mesh(), seed);
  }

  /** On a given mesh. */
  RandomEinsum(Mesh mesh, long seed) {
    this(new RandomSharding(seed), mesh, seed);
  }

  private RandomEinsum(RandomSharding random, Mesh mesh, long seed) {
    this.random = random;
    this.mesh = mesh;
    dtype = DTYPES.get(random.below(DTYPES.size()));
    LABELS.forEach(label -> sizes.put(label, random.size()));
    List<Term> operands = new ArrayList<>();
    List<String> had = new ArrayList<>();
    int count = 1 + random.below(3);
    for (int i = 0; i < count; i++) {
      List<String> labels = labels(random.below(4), !random.oneIn(4));
      had.addAll(labels);
      operands.add(term(labels, mesh.axisNames()));
    }
    List<String> output = labels(random.below(4), !random.oneIn(10));
    output.removeIf(label -> !had.contains(label) && !random.oneIn(3));
    output.stream().filter(l -> !had.contains(l)).forEach(l -> made.put(l, size(l)));
    equation = new Equation(operands, term(output, random.oneIn(3) ? mesh.axisNames() : List.of()));
    what =
        String.format(
            Locale.ROOT, "seed %d: %s %s %s on %s", seed, equation, sizes, dtype, mesh.notation());
  }

  private List<String> labels(int count, boolean distinct) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String label = LABELS.get(random.below(LABELS.size()));
      if (!distinct || !labels.contains(label)) {
        labels.add(label);
      }
    }
    return labels;
  }

  /** A layout is made for distinct names, of which the term may repeat some. */
  private Term term(List<String> labels, List<String> mayBePartial) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      names.add("n" + i);
    }
    Layout layout = random.layout(mesh, names, mayBePartial);
    layouts.add(layout);
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      axes.add(new Axis(labels.get(i), layout.axes(i)));
    }
    return new Term(axes, layout.partial());
  }

  private long size(String label) {
    return sizes.getOrDefault(label, 1L);
  }

  private Shape shape(Term term) {
    return Shape.of(term.axes().stream().mapToLong(axis -> size(axis.label())).toArray());
  }

  ShardedEinsumPlan plan(PlanOptions options) {
    List<Shape> shapes = equation.operands().stream().map(this::shape).toList();
    return ShardedEinsumPlan.of(equation, mesh, shapes, made, dtype, options);
  }

  /** The plan within less than what the cheapest one holds; empty if there is none. */
  Optional<ShardedEinsumPlan> within(ShardedEinsumPlan cheapest) {
    long peak = cheapest.plan().peakBytes();
    long limit = peak - peak / (3 + random.below(20));
    try {
      ShardedEinsumPlan plan = plan(PlanOptions.defaults().withMemoryLimit(limit));
      assertTrue(plan.plan().peakBytes() <= limit, what);
      return Optional.of(plan);
    } catch (PlanException refused) {
      assertTrue(String.valueOf(refused.getMessage()).contains("the least found needs"), what);
      return Optional.empty();
    }
  }

  /** Whether there was a plan, whose result is then checked. */
  boolean isEqual(PlanOptions options) {
    ShardedEinsumPlan plan;
    try {
      plan = plan(options);
    } catch (PlanException refused) {
      assertTrue(!equation.output().partial().isEmpty(), what + ": " + refused.getMessage());
      return false;
    }
    check(plan);
    return true;
  }

  /** Holds a plan to the unsharded einsum in this process. */
  void check(ShardedEinsumPlan plan) {
    try (Collectives collectives = RandomSharding.collectives(mesh)) {
      check(plan, collectives);
    }
  }

  /** Holds a plan to the unsharded einsum on an engine, in this process or with others. */
  void check(ShardedEinsumPlan plan, Collectives collectives) {
    assertTrue(plan.certify().startsWith("certified"), what);
    Data data = data(plan);
    Tensor expected = data.expected();
    Tensor[] operands = data.wholes().toArray(Tensor[]::new);
    try {
      ShardedEinsum einsum = ShardedEinsum.of(plan, collectives);
      ShardedTensor result = einsum.runSharded(data.on(collectives.devices()));
      Tensor whole = einsum.gather(result);
      assertTrue(RandomSharding.isEqual(expected, whole), () -> what + "\n" + plan);
      assertTrue(RandomSharding.isEqual(expected, einsum.run(operands)), () -> what + "\n" + plan);
    } catch (RuntimeException failed) {
      throw new AssertionError(what + "\n" + plan, failed);
    }
  }

  /**
   * Operands and what the einsum without layouts makes of them.
   *
   * @param wholes the logical operands
   * @param shards the operands on the mesh
   * @param expected the result
   */
  record Data(List<Tensor> wholes, List<ShardedTensor> shards, Tensor expected) {
    /** The shards of some devices. */
    List<ShardedTensor> on(List<Integer> devices) {
      return shards.stream().map(all -> RandomSharding.on(devices, all)).toList();
    }
  }

  /** Small integers for a plan's inputs. */
  Data data(ShardedEinsumPlan plan) {
    List<Tensor> wholes = new ArrayList<>();
    List<ShardedTensor> shards = new ArrayList<>();
    for (PlannedValue input : plan.plan().inputs()) {
      Value value = random.value(input.layout(), input.shape(), dtype, input.dtype(), 1);
      wholes.add(value.whole());
      shards.add(value.shards());
    }
    EinsumOptions unsharded = EinsumOptions.defaults().withDtype(dtype);
    for (Map.Entry<String, Long> size : made.entrySet()) {
      unsharded = unsharded.withSize(size.getKey(), size.getValue());
    }
    Tensor[] operands = wholes.toArray(Tensor[]::new);
    Equation whole = equation.withoutLayout();
    Tensor expected = Einsum.compile(whole, unsharded, OperandSpec.like(operands)).run(operands);
    return new Data(wholes, shards, expected);
  }
}
