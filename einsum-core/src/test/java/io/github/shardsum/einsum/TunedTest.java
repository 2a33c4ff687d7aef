package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ResultScaling;
import io.github.shardsum.internal.contraction.StepKernelChoices;
import io.github.shardsum.internal.einsum.EinsumCompiler;
import io.github.shardsum.internal.einsum.EquationPathPlanning;
import io.github.shardsum.internal.reference.ReferenceEinsum;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every kernel that a trial could take gives the definition, and what a trial makes of an einsum.
 */
class TunedTest {
  private final Random random = new Random(11);

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ij,jk->ik; 7,20,9; 2",
        "ij,jk->ik; 40,64,5; 4",
        "ij,jk->ki; 40,70,35; 3",
        "ij,kj->ik; 3,90,50; 3",
        "bij,bjk->bik; 4,9,33,6; 3",
        "bij,bkj->bki; 3,30,8,12; 3",
        "aibj,jcb->cai; 3,5,4,6,7; 2",
        "ij,j->i; 30,40; 2",
        "ij->j; 30,40; 2",
        "ijk->j; 5,30,40; 2",
        "i,i->; 300; 1",
        "ij,jk,kl->il; 12,30,7,25; 4",
      })
  void everyKernelThatIsACandidateGivesTheDefinition(String equation, String sizes, int least) {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      Tensor[] operands = operands(equation, sizes, dtype);
      Einsum einsum =
          Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(operands));
      BoundEquation bound = einsum.bound();
      double[] expected = values(ReferenceEinsum.evaluate(bound, operands));
      List<OperandSpec> specs = List.of(OperandSpec.like(operands));
      EinsumOptions options = EinsumOptions.defaults();
      ContractionPlan plan = EquationPathPlanning.plan(bound, specs, options);
      long[] strides = bound.outputShape().rowMajorStrides();
      List<List<String>> candidates =
          EinsumCompiler.candidates(bound, specs, dtype, strides, plan, options);
      assertTrue(
          dtype == DType.I64 || candidates.stream().anyMatch(of -> of.size() >= least),
          candidates::toString);
      for (int step = 0; step < candidates.size(); step++) {
        for (int candidate = 0; candidate < candidates.get(step).size(); candidate++) {
          StepKernelChoices choices =
              StepKernelChoices.NONE.with(
                  step, new StepKernelChoices.KernelChoice(candidate, "chosen"));
          Tensor out = Tensor.full(dtype, 9, bound.outputShape().toArray());
          EinsumCompiler.program(bound, specs, dtype, strides, plan, options, choices)
              .run(out, operands, ResultScaling.PLAIN, Workers.sequential());
          String which = equation + " " + dtype + " " + candidates.get(step).get(candidate);
          assertArrayEquals(expected, values(out), which);
        }
      }
    }
  }

  @Test
  void aTrialTellsWhatItFoundAndChangesNoValue() {
    String equation = "ij,jk,kl->il";
    Tensor[] operands = operands(equation, "12,30,7,25", DType.F32);
    Einsum einsum = Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(operands));
    Einsum tuned = einsum.tuned(Duration.ofMillis(20), operands);
    assertArrayEquals(values(einsum.run(operands)), values(tuned.run(operands)));
    assertTrue(tuned.explain().toString().contains("measured: "), tuned.explain().toString());
    assertEquals(einsum.explain().contraction(), tuned.explain().contraction());
  }

  @Test
  void withoutTimeTheModelChooses() {
    Tensor[] operands = operands("ij,jk->ik", "12,30,7", DType.F32);
    Einsum einsum =
        Einsum.compile("ij,jk->ik", EinsumOptions.defaults(), OperandSpec.like(operands));
    Einsum tuned = einsum.tuned(Duration.ZERO, operands);
    assertEquals(einsum.explain().steps(), tuned.explain().steps());
  }

  @Test
  void aTrialKeepsStridesThreadsAndEpilogue() {
    Tensor left = operands("ji->ij", "30,12", DType.F32)[0].transpose(1, 0);
    Tensor right = operands("jk->jk", "30,9", DType.F32)[0];
    try (Workers two = Workers.of(2)) {
      EinsumOptions options =
          EinsumOptions.defaults().withWorkers(two).withEpilogue(Epilogue.none().withRelu());
      Einsum einsum = Einsum.compile("ij,jk->ik", options, OperandSpec.like(left, right));
      Einsum tuned = einsum.tuned(Duration.ofMillis(5), left, right);
      assertArrayEquals(values(einsum.run(left, right)), values(tuned.run(left, right)));
    }
  }

  @Test
  void anEmptyResultNeedsNoTrial() {
    Tensor left = Tensor.zeros(DType.F32, 0, 3);
    Tensor right = Tensor.zeros(DType.F32, 3, 4);
    Einsum einsum =
        Einsum.compile("ij,jk->ik", EinsumOptions.defaults(), OperandSpec.like(left, right));
    Einsum tuned = einsum.tuned(Duration.ofSeconds(1), left, right);
    assertEquals(Shape.of(0, 4), tuned.run(left, right).shape());
  }

  @Test
  void wrongArgumentsAreRefusedBeforeAnythingRuns() {
    Einsum einsum = Einsum.compile("ij,jk->ik", DType.F32, Shape.of(2, 3), Shape.of(3, 4));
    Tensor left = Tensor.zeros(DType.F32, 2, 3);
    Operand[] right = {left, Tensor.zeros(DType.F32, 3, 4)};
    IllegalArgumentException negative =
        assertThrows(
            IllegalArgumentException.class, () -> einsum.tuned(Duration.ofNanos(-1), right));
    assertTrue(negative.getMessage().contains("at least 0"), negative.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> einsum.tuned(Duration.ofNanos(1), left, left));
  }

  private Tensor[] operands(String equation, String listed, DType dtype) {
    String[] sizes = listed.split(",", -1);
    StringBuilder seen = new StringBuilder();
    List<Tensor> operands = new ArrayList<>();
    for (String term : equation.substring(0, equation.indexOf('-')).split(",", -1)) {
      long[] shape = new long[term.length()];
      for (int axis = 0; axis < shape.length; axis++) {
        if (seen.indexOf(term.substring(axis, axis + 1)) < 0) {
          seen.append(term.charAt(axis));
        }
        shape[axis] = Long.parseLong(sizes[seen.indexOf(term.substring(axis, axis + 1))]);
      }
      Shape of = Shape.of(shape);
      double[] values = random.doubles(of.elementCount()).map(x -> Math.rint(8 * x) - 4).toArray();
      operands.add(Tensor.of(values, shape).convert(dtype));
    }
    return operands.toArray(Tensor[]::new);
  }

  private static double[] values(Tensor tensor) {
    return tensor.reshape(tensor.shape().elementCount()).convert(DType.F64).toDoubleArray();
  }
}
