package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ResultScaling;
import io.github.shardsum.internal.contraction.StepKernelChoices;
import io.github.shardsum.internal.einsum.EinsumCompiler;
import io.github.shardsum.internal.einsum.EquationPathPlanning;
import io.github.shardsum.internal.reference.StridedArray;
import io.github.shardsum.internal.reference.StridedArray.Layout;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every kernel that a step may take, on operands of any strides and every dtype, against loops over
 * all labels in plain Java.
 */
class StridedOperandsTest {
  private static final int[] LENGTHS = {1, 15, 16, 63, 64, 65, 100, 1000};

  /** Most elements of the first operand: diagonals of 100 rows, not of 1,000. */
  private static final long MOST_ELEMENTS = 1 << 16;

  private final Random random = new Random(27);

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "i->; n",
        "ij->i; 3,n",
        "ij->i; n,5",
        "ij->j; n,5",
        "ij->j; 3,n",
        "ij->; 3,n",
        "ij->ij; 5,n",
        "ij->ji; 5,n",
        "ii->; n",
        "ii->i; n",
        "ijk->j; 3,5,n",
        "ijk->ki; n,2,5",
      })
  void oneOperand(String equation, String sizes) {
    check(equation, sizes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "i,i->; n",
        "i,i->i; n",
        "i,j->ij; 5,n",
        "ij,ij->i; 3,n",
        "ij,ij->j; 3,n",
        "ij,ij->j; n,5",
        "ij,ji->ij; 5,n",
        "ij,j->i; 5,n",
        "ij,j->i; n,5",
        "ij,i->j; n,5",
        "ij,i->j; 5,n",
      })
  void twoOperandsReadAboutOnce(String equation, String sizes) {
    check(equation, sizes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ij,jk->ik; 5,n,7",
        "ij,jk->ik; n,6,7",
        "ij,jk->ki; 5,6,n",
        "ij,kj->ik; 9,n,8",
        "bij,bjk->bik; 3,6,n,4",
        "bij,bjk->kbi; 2,n,5,6",
      })
  void products(String equation, String sizes) {
    check(equation, sizes);
  }

  @Test
  void aProductOfI32IsScaled() {
    int[] a = random.ints(5 * 6, -9, 10).toArray();
    int[] b = random.ints(6 * 7, -9, 10).toArray();
    long[] expected = new long[5 * 7];
    for (int at = 0; at < expected.length; at++) {
      for (int k = 0; k < 6; k++) {
        expected[at] += 3L * a[at / 7 * 6 + k] * b[k * 7 + at % 7];
      }
    }
    Tensor[] operands = {Tensor.of(a, 5, 6), Tensor.of(b, 6, 7)};
    Tensor out = Tensor.full(DType.I32, 8, 5, 7);
    EinsumOptions options = EinsumOptions.defaults().withDtype(DType.I32);
    Einsum.compile("ik,kj->ij", options, OperandSpec.like(operands))
        .runInto(3, 0, out, operands[0], operands[1]);
    assertArrayEquals(expected, out.toLongArray());
  }

  /** Sums that are cut into pieces, several of which one task adds up side by side. */
  @Test
  void longSumsOfFewElements() {
    int n = 5 * (1 << 16) + 77;
    float[] x = new float[2 * n];
    float[] y = new float[n];
    Random random = new Random(11);
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextInt(5) - 1;
    }
    double[] sums = new double[2];
    double[] products = new double[2];
    for (int i = 0; i < n; i++) {
      y[i] = random.nextInt(5) - 1;
      for (int row = 0; row < 2; row++) {
        sums[row] += x[row * n + i];
        products[row] += x[row * n + i] * y[i];
      }
    }
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Tensor rows = Tensor.of(x, 2, n).convert(dtype);
      Tensor right = Tensor.of(y, n).convert(dtype);
      assertArrayEquals(sums, Einsum.einsum("ai->a", rows).toDoubleArray(), "" + dtype);
      double[] got = Einsum.einsum("ai,i->a", rows, right).toDoubleArray();
      assertArrayEquals(products, got, "" + dtype);
    }
  }

  private void check(String equation, String listed) {
    int oneOf = TestDepth.cases(5, 1, 1);
    int next = 0;
    for (int n : LENGTHS) {
      Plain plain = new Plain(equation, listed, n);
      if (plain.elements() > MOST_ELEMENTS) {
        continue;
      }
      for (DType dtype : DType.values()) {
        for (Layout layout : Layout.values()) {
          if (next++ % oneOf == 0) {
            check(plain, dtype, layout, equation + " n=" + n);
          }
        }
      }
    }
  }

  /** One operand has the layout, the others have any. */
  private void check(Plain plain, DType dtype, Layout layout, String what) {
    StridedArray[] operands = new StridedArray[plain.terms.length];
    int chosen = random.nextInt(operands.length);
    StringBuilder layouts = new StringBuilder(what + " " + dtype);
    for (int i = 0; i < operands.length; i++) {
      Layout own = i == chosen ? layout : any();
      boolean onHeap = random.nextBoolean();
      operands[i] = StridedArray.of(dtype, own, onHeap, random, plain.sizes(i));
      layouts.append(' ').append(own).append(onHeap ? " on the heap" : "");
    }
    check(plain, dtype, operands, layouts.toString());
  }

  private Layout any() {
    return Layout.values()[random.nextInt(Layout.values().length)];
  }

  private void check(Plain plain, DType dtype, StridedArray[] operands, String what) {
    long[] expected = plain.evaluate(dtype, operands);
    Tensor[] tensors = Stream.of(operands).map(StridedArray::tensor).toArray(Tensor[]::new);
    List<OperandSpec> specs = List.of(OperandSpec.like(tensors));
    for (EinsumOptions.KernelChoice kernels : EinsumOptions.KernelChoice.values()) {
      EinsumOptions options = EinsumOptions.defaults().withKernels(kernels);
      Einsum einsum = Einsum.compile(plain.equation, options, OperandSpec.like(tensors));
      assertArrayEquals(expected, StridedArray.elements(einsum.run(tensors)), what);
      BoundEquation bound = einsum.bound();
      ContractionPlan plan = EquationPathPlanning.plan(bound, specs, options);
      long[] strides = bound.outputShape().rowMajorStrides();
      List<List<String>> steps =
          EinsumCompiler.candidates(bound, specs, dtype, strides, plan, options);
      for (int step = 0; step < steps.size(); step++) {
        for (int candidate = 1; candidate < steps.get(step).size(); candidate++) {
          StepKernelChoices choices =
              StepKernelChoices.NONE.with(
                  step, new StepKernelChoices.KernelChoice(candidate, "chosen"));
          Tensor out = Tensor.full(dtype, 1, bound.outputShape().toArray());
          Operand[] given = tensors;
          EinsumCompiler.program(bound, specs, dtype, strides, plan, options, choices)
              .run(out, given, ResultScaling.PLAIN, Workers.sequential());
          String by = what + " by " + steps.get(step).get(candidate);
          assertArrayEquals(expected, StridedArray.elements(out), by);
        }
      }
    }
  }

  /** An equation of one-letter labels as loops over all of them. */
  private static final class Plain {
    private final String equation;
    private final String[] terms;
    private final String output;
    private final String labels;
    private final int[] sizes;

    Plain(String equation, String listed, int n) {
      this.equation = equation;
      String[] sides = equation.split("->", -1);
      terms = sides[0].split(",", -1);
      output = sides[1];
      StringBuilder seen = new StringBuilder();
      sides[0]
          .chars()
          .filter(Character::isLetter)
          .forEach(
              label -> {
                if (seen.indexOf(Character.toString(label)) < 0) {
                  seen.appendCodePoint(label);
                }
              });
      labels = seen.toString();
      sizes =
          Stream.of(listed.strip().split(",", -1))
              .mapToInt(size -> size.equals("n") ? n : Integer.parseInt(size))
              .toArray();
    }

    int[] sizes(int term) {
      return terms[term].chars().map(label -> sizes[labels.indexOf(label)]).toArray();
    }

    long elements() {
      long elements = 1;
      for (int size : sizes(0)) {
        elements *= size;
      }
      return elements;
    }

    long points() {
      long points = 1;
      for (int size : sizes) {
        points *= size;
      }
      return points;
    }

    long[] evaluate(DType dtype, StridedArray[] operands) {
      int elements = 1;
      for (int label : output.chars().toArray()) {
        elements *= sizes[labels.indexOf(label)];
      }
      long[] sums = new long[elements];
      int[] index = new int[sizes.length];
      for (long left = points(); left > 0; left--) {
        long product = 1;
        for (int i = 0; i < operands.length; i++) {
          product *= operands[i].at(pick(terms[i], index));
        }
        int at = 0;
        for (int axis = 0; axis < output.length(); axis++) {
          int label = labels.indexOf(output.charAt(axis));
          at = at * sizes[label] + index[label];
        }
        sums[at] += product;
        for (int label = sizes.length - 1; label >= 0 && ++index[label] == sizes[label]; label--) {
          index[label] = 0;
        }
      }
      for (int i = 0; i < elements; i++) {
        sums[i] = StridedArray.as(dtype, sums[i]);
      }
      return sums;
    }

    private int[] pick(String term, int[] index) {
      int[] picked = new int[term.length()];
      for (int axis = 0; axis < picked.length; axis++) {
        picked[axis] = index[labels.indexOf(term.charAt(axis))];
      }
      return picked;
    }
  }
}
