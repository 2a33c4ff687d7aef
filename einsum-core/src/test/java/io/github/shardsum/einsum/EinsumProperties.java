package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.reference.ReferenceEinsum;
import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.Objective;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.RoundingBound;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Compiled einsums against the scalar reference. */
class EinsumProperties {
  @Property
  void integerValuedDataGivesTheBitsOfTheReference(@ForAll long seed) {
    EinsumCase einsum = EinsumCase.of(seed, true);
    Einsum compiled =
        Einsum.compile(
            einsum.equation(), einsum.options(), OperandSpec.like(einsum.operandArray()));
    Tensor got = compiled.run(einsum.operandArray());
    assertSame(einsum, ReferenceEinsum.evaluate(compiled.bound(), einsum.operandArray()), got);
  }

  @Property
  void alphaAndBetaScaleAndAccumulateIntoAnyStrides(@ForAll long seed) {
    EinsumCase einsum = EinsumCase.of(seed, true);
    Einsum compiled =
        Einsum.compile(
            einsum.equation(), einsum.options(), OperandSpec.like(einsum.operandArray()));
    Random random = einsum.random();
    long[] shape = compiled.outputShape().toArray();
    Tensor out = EinsumCase.tensor(random, einsum.dtype(), shape);
    EinsumCase.fill(out, random, true);
    Tensor want = out.copy();
    double alpha = random.nextInt(5) - 2;
    double beta = random.nextInt(3) - 1;
    List<Operand> operands = List.copyOf(einsum.operands());
    ReferenceEinsum.evaluate(compiled.bound(), alpha, beta, operands, want);
    compiled.runInto(alpha, beta, out, einsum.operandArray());
    assertSame(einsum, want, out);
  }

  @Property
  void realDataIsWithinTheBoundOfItsLength(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = List.of(DType.F32, DType.F64, DType.BF16).get(random.nextInt(3));
    EinsumCase einsum = EinsumCase.of(random, dtype, false);
    Einsum compiled =
        Einsum.compile(
            einsum.equation(), einsum.options(), OperandSpec.like(einsum.operandArray()));
    double[] got = compiled.run(einsum.operandArray()).toDoubleArray();
    double[] want = inF64(compiled.bound(), einsum.operands(), false);
    double[] scale = inF64(compiled.bound(), einsum.operands(), true);
    double terms = 1;
    for (int label = 0; label < compiled.bound().labelCount(); label++) {
      terms *= Math.max(1, compiled.bound().labelSize(label));
    }
    double unit = dtype == DType.F64 ? RoundingBound.F64 : RoundingBound.F32;
    double stored = dtype == DType.BF16 ? RoundingBound.BF16 : unit;
    for (int i = 0; i < got.length; i++) {
      // Along a path a term is a factor of one more product for each further operand.
      double error = RoundingBound.ofSum(unit, terms + einsum.operands().size(), scale[i]);
      double bound = RoundingBound.stored(error, stored, want[i]);
      assertTrue(Math.abs(got[i] - want[i]) <= bound, einsum + " at " + i);
    }
  }

  private static double[] inF64(BoundEquation bound, List<Tensor> operands, boolean absolute) {
    Tensor[] wide = new Tensor[operands.size()];
    for (int i = 0; i < wide.length; i++) {
      double[] values = operands.get(i).toDoubleArray();
      for (int j = 0; absolute && j < values.length; j++) {
        values[j] = Math.abs(values[j]);
      }
      wide[i] = Tensor.of(values, operands.get(i).shape().toArray());
    }
    return ReferenceEinsum.evaluate(bound, wide).toDoubleArray();
  }

  @Property
  void everyPathAndMemoryLimitGivesTheSameValue(@ForAll long seed) {
    EinsumCase einsum = EinsumCase.of(seed, true);
    EinsumOptions options = einsum.options();
    Tensor want =
        Einsum.compile(einsum.equation(), options, OperandSpec.like(einsum.operandArray()))
            .run(einsum.operandArray());
    List<PathFinder> finders =
        List.of(
            new PathFinder.Greedy(),
            new PathFinder.Optimal(Objective.FLOPS),
            new PathFinder.RandomGreedy(seed, 4),
            new PathFinder.Given(ContractionPath.leftToRight(einsum.operands().size())));
    for (PathFinder finder : finders) {
      for (long limit : new long[] {1L << 40, 256, 64}) {
        EinsumOptions changed = options.withPath(finder).withMemoryLimit(limit);
        Einsum compiled =
            Einsum.compile(einsum.equation(), changed, OperandSpec.like(einsum.operandArray()));
        assertSame(einsum, want, compiled.run(einsum.operandArray()));
      }
    }
  }

  @Property
  void theGradientIsTheEinsumOfItsEquation(@ForAll long seed) {
    EinsumCase einsum = EinsumCase.of(seed, true);
    Einsum compiled =
        Einsum.compile(
            einsum.equation(), einsum.options(), OperandSpec.like(einsum.operandArray()));
    Random random = einsum.random();
    int by = random.nextInt(einsum.operands().size());
    List<Tensor> operands = new ArrayList<>();
    Tensor cotangent = EinsumCase.tensor(random, einsum.dtype(), compiled.outputShape().toArray());
    operands.add(EinsumCase.fill(cotangent, random, true));
    for (int i = 0; i < einsum.operands().size(); i++) {
      if (i != by) {
        operands.add(einsum.operands().get(i));
      }
    }
    Tensor[] array = operands.toArray(Tensor[]::new);
    Tensor want = ReferenceEinsum.evaluate(compiled.bound().vjp(by), array);
    assertSame(einsum, want, compiled.vjp(by).run(array));
  }

  @Property(tries = 60)
  void bitsDependNeitherOnThreadsNorOnMemory(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    DType dtype = List.of(DType.F32, DType.F64, DType.BF16).get(random.nextInt(3));
    Tensor[] heap = large(random, dtype);
    String equation = LARGE.get(random.nextInt(LARGE.size()));
    heap = equation.contains(",") ? heap : new Tensor[] {heap[0]};
    byte[] want =
        bytes(Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(heap)).run(heap));
    try (Arena arena = Arena.ofShared();
        Workers two = Workers.of(2);
        Workers three = Workers.of(3)) {
      Tensor[] outside = new Tensor[heap.length];
      for (int i = 0; i < heap.length; i++) {
        outside[i] = Tensor.allocate(arena, dtype, heap[i].shape());
        outside[i].assign(heap[i]);
      }
      for (Workers workers : List.of(two, three)) {
        EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
        Tensor near = Einsum.compile(equation, options, OperandSpec.like(heap)).run(heap);
        assertArrayEquals(want, bytes(near), equation + " on " + workers);
        Einsum compiled = Einsum.compile(equation, options, OperandSpec.like(outside));
        Tensor far = Tensor.allocate(arena, dtype, compiled.outputShape());
        compiled.runInto(far, outside);
        assertArrayEquals(want, bytes(far), equation + " outside the heap on " + workers);
      }
    }
  }

  private static final List<String> LARGE =
      List.of(
          "bij,bjk->bik",
          "bij,bjk->kib",
          "bij,bjk->",
          "bij,bjk->j",
          "bij,bjk->bj",
          "bij->jib",
          "bij->bi",
          "bij->j",
          "bij->");

  private static Tensor[] large(Random random, DType dtype) {
    long b = 1L + random.nextInt(4);
    long i = 1L + random.nextInt(90);
    long j = 1L + random.nextInt(90);
    long k = 1L + random.nextInt(90);
    return new Tensor[] {
      EinsumCase.fill(Tensor.zeros(dtype, b, i, j), random, false),
      EinsumCase.fill(Tensor.zeros(dtype, b, j, k), random, false)
    };
  }

  @Property(tries = 100)
  void largerProductsOfAnyStridesAreExactOnIntegers(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = DType.values()[random.nextInt(DType.values().length)];
    String[] letters = {"i", "j", "k", "b"};
    long[] size = new long[4];
    for (int label = 0; label < 4; label++) {
      size[label] = 1L + random.nextInt(label == 3 ? 3 : 70);
    }
    Tensor x = tensor(random, dtype, size, 3, 0, 1);
    Tensor y = tensor(random, dtype, size, 1, 2, 3);
    String output = shuffled(random, List.of("b", "i", "k"));
    Equation equation =
        new Equation(
            List.of(Term.of(letters[3], letters[0], letters[1]), Term.parse("jkb")),
            Term.parse(output));
    Einsum compiled = Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(x, y));
    Tensor want = ReferenceEinsum.evaluate(compiled.bound(), x, y);
    assertArrayEquals(
        values(want),
        values(compiled.run(x, y)),
        () -> equation + " " + x.description() + y.description());
  }

  private static Tensor tensor(Random random, DType dtype, long[] size, int... labels) {
    long[] shape = new long[labels.length];
    for (int axis = 0; axis < labels.length; axis++) {
      shape[axis] = size[labels[axis]];
    }
    return EinsumCase.fill(EinsumCase.tensor(random, dtype, shape), random, true);
  }

  private static String shuffled(Random random, List<String> letters) {
    List<String> order = new ArrayList<>(letters);
    java.util.Collections.shuffle(order, random);
    return String.join("", order);
  }

  @Property
  void routingOperandsGiveTheValueOfTheirDenseForm(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = dtype(random);
    // A bool routing tensor is mostly the mask of an operand of numbers.
    DType other = dtype == DType.BOOL ? dtype(random) : dtype;
    long[] size = {
      1 + random.nextInt(3),
      1 + random.nextInt(9),
      1 + random.nextInt(4),
      1 + random.nextInt(4),
      1 + random.nextInt(40)
    };
    RoutingTensor routing = routing(random, dtype, size);
    String[] equations = {
      "gsec,gsm->egcm",
      "gsec,egcm->gsm",
      "gsec,gecm->gsm",
      "gsec->gsec",
      "gsec->e",
      "gsec->",
      "gsec,m->gsm",
      "gsec,gsm->m",
      "gsec,ec->gs",
      "gsec,gsm->cemg",
      "ggec,gm->em"
    };
    String equation = equations[random.nextInt(equations.length)];
    if (equation.startsWith("gg")) {
      size[1] = size[0];
      routing = routing(random, dtype, size);
    }
    Operand[] operands =
        equation.contains(",")
            ? new Operand[] {
              routing, dense(random, other, size, equation.substring(5, equation.indexOf("->")))
            }
            : new Operand[] {routing};
    Einsum compiled =
        Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(operands));
    Tensor want = ReferenceEinsum.evaluate(compiled.bound(), operands);
    assertArrayEquals(values(want), values(compiled.run(operands)), equation);
  }

  @Property
  void routingOperandsAreSlicedToAMemoryLimit(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = dtype(random);
    // A bool routing tensor is mostly the mask of an operand of numbers.
    DType other = dtype == DType.BOOL ? dtype(random) : dtype;
    long[] size = {
      1 + random.nextInt(3),
      1 + random.nextInt(6),
      1 + random.nextInt(4),
      1 + random.nextInt(4),
      1 + random.nextInt(7)
    };
    String[] equations = {
      "gsec,gsm,m->egc",
      "gsec,egcm,em->gs",
      "gsec,gsm,egcm->",
      "gsec,gm,sm->ecm",
      "gsec,ms,gm->ce",
      "gsec,gsec->ge",
      "gsec,gsm,gsec->m"
    };
    String equation = equations[random.nextInt(equations.length)];
    String[] terms = equation.substring(0, equation.indexOf("->")).split(",", -1);
    Operand[] operands = new Operand[terms.length];
    for (int i = 0; i < terms.length; i++) {
      operands[i] =
          terms[i].equals("gsec")
              ? routing(random, dtype, size)
              : dense(random, other, size, terms[i]);
    }
    long limit = 8L * (1 + random.nextInt(20));
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(limit);
    Einsum compiled = Einsum.compile(equation, options, OperandSpec.like(operands));
    int elementBytes = other == DType.F32 || other == DType.BF16 ? 4 : 8;
    double largest = compiled.explain().contraction().cost().largestIntermediate();
    assertTrue(largest * elementBytes <= limit, equation);
    Tensor want = ReferenceEinsum.evaluate(compiled.bound(), operands);
    assertArrayEquals(
        values(want), values(compiled.run(operands)), () -> equation + " within " + limit);
  }

  private static DType dtype(Random random) {
    return DType.values()[random.nextInt(DType.values().length)];
  }

  private static RoutingTensor routing(Random random, DType dtype, long[] size) {
    int slots = random.nextInt(3);
    Tensor positions = Tensor.zeros(DType.I32, size[0], size[1], slots);
    for (long g = 0; g < size[0]; g++) {
      for (long s = 0; s < size[1]; s++) {
        for (long slot = 0; slot < slots; slot++) {
          long tail = size[2] * size[3];
          positions.set(random.nextInt((int) tail + 1) - 1L, g, s, slot);
        }
      }
    }
    Tensor weights = EinsumCase.tensor(random, dtype, size[0], size[1], slots);
    EinsumCase.fill(weights, random, true);
    return RoutingTensor.of(Shape.of(size[0], size[1], size[2], size[3]), positions, weights);
  }

  private static Tensor dense(Random random, DType dtype, long[] size, String term) {
    long[] shape = term.chars().mapToLong(label -> size["gsecm".indexOf(label)]).toArray();
    return EinsumCase.fill(EinsumCase.tensor(random, dtype, shape), random, true);
  }

  private static byte[] bytes(Tensor tensor) {
    return tensor.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  private static void assertSame(EinsumCase einsum, Tensor want, Tensor got) {
    assertArrayEquals(
        values(want), values(got), () -> einsum.equation() + " of " + einsum.operands());
  }

  /** The elements; the sign of a zero, which no einsum promises, is dropped. */
  private static double[] values(Tensor tensor) {
    double[] values = tensor.toDoubleArray();
    for (int i = 0; i < values.length; i++) {
      values[i] += 0.0;
    }
    return values;
  }
}
