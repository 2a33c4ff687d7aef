package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.EinsumOptions.KernelChoice;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.reference.ReferenceEinsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Steps that sum nothing, at sizes where tiles have edges, sums of rows and products that operands
 * lie across, and products of few columns, against the definition.
 */
class KernelEdgesTest {
  private static final List<DType> DTYPES = List.of(DType.F32, DType.F64, DType.BF16, DType.I64);

  private final Random random = new Random(4);

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ij->ji; 300,270",
        "ij->ji; 3,700",
        "ij->ji; 700,3",
        "ij->ji; 17,2000",
        "abcd->dcba; 19,21,23,18",
        "abcd->dcba; 5,40,33,17",
        "abcde->ebdac; 7,9,11,8,13",
        "bshd->bhsd; 3,37,5,64",
        "abc->cab; 40,30,3",
        "cab->abc; 3,40,30",
        "abc->bac; 20,30,1100",
        "bii->bi; 9,70,70",
        "ij,ji->ij; 300,270",
        "ij,ji->ji; 270,300",
        "ij,kij->jki; 20,30,40",
        "ij,j->ij; 70,3000",
        "ij,i->ji; 130,140",
        "i,j->ij; 300,400",
        "ij,ij->ij; 2,20000",
        "abc,c->abc; 30,41,16",
        "abc,c->bac; 11,70,9",
        "abc,c->cab; 30,41,7",
        "abc,ab->abc; 30,41,8",
        "abc,ab->bac; 11,70,33",
        "abc,a->abc; 7,5,300",
        "abc,abc->abc; 30,41,3",
        "c,abc->abc; 40,3,29",
        "ab,cab->cba; 13,17,50",
        "i,->i; 700"
      })
  void everyMemoryThreadCountAndFinishGivesTheDefinition(String equation, String listed) {
    check(equation, listed, DTYPES);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ijk,kji->; 3,30,40",
        "ij,ji->; 33,45",
        "ij,ji->; 300,270",
        "bij,bji->b; 3,33,45",
        "bii->b; 40,50"
      })
  void sumsOfRowsThatOperandsLieAcrossAreTheDefinition(String equation, String listed) {
    check(equation, listed, List.of(DType.F32, DType.F64, DType.I64));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "bij,bjk->bik; 5,9,7,37",
        "bij,bjk->bik; 40,70,50,33",
        "bij,bkj->bik; 30,33,40,35",
        "bji,bjk->bik; 7,66,31,64",
        "bij,bjk->bki; 6,19,13,21",
        "ijb,jkb->ikb; 9,11,12,5",
        "ibj,jbk->ibk; 12,3,17,40",
        "bij,bj->bi; 9,17,40",
        "bi,bj->bij; 11,14,33",
        "bij,bjk->bik; 3,100,90,101",
        "ij,jk->ik; 100,70,99",
        "ij,kj->ik; 75,60,111",
        "abij,abjk->baik; 3,4,10,11,18"
      })
  void batchesOfSmallProductsAreTheDefinition(String equation, String listed) {
    check(equation, listed, List.of(DType.F32, DType.F64, DType.I32, DType.I64));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ij,jk->ik; 2,512,64",
        "ij,jk->ik; 3,300,129",
        "ij,jk->ik; 4,33,1100",
        "ij,jk->ik; 5,70,600",
        "ij,jk->ik; 8,257,131",
        "bij,bjk->bik; 3,7,129,257",
        "bij,jk->bik; 2,4,200,170",
        "ij,jk->ki; 6,300,140"
      })
  void productsOfFewRowsAreTheDefinition(String equation, String listed) {
    check(equation, listed, List.of(DType.F32, DType.F64));
  }

  @Test
  void ofFewRowsAMatrixIsReadInTheOrderOfMemory() {
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      for (KernelChoice kernels : KernelChoice.values()) {
        EinsumOptions options = EinsumOptions.defaults().withKernels(kernels);
        for (int rows = 2; rows <= 8; rows++) {
          Einsum einsum =
              Einsum.compile(
                  "ij,jk->ik",
                  options,
                  OperandSpec.like(Tensor.zeros(dtype, rows, 512), Tensor.zeros(dtype, 512, 2048)));
          assertEquals("few rows", einsum.explain().steps().getFirst().kernel());
        }
      }
    }
  }

  /** Sums of i32 that are kept in i32 wrap as those in i64 that are cut to i32 at the end. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "bij,bjk->bik; 5,9,7,37",
        "bij,bjk->bik; 70,33,17,16",
        "bij,bkj->bik; 30,33,40,35",
        "bji,bjk->bik; 7,6,31,4",
        "ij,jk->ik; 20,30,24"
      })
  void sumsOfI32WrapAsThoseOfI64(String equation, String listed) {
    Tensor[] wide = operands(equation, sizes(listed), DType.I64);
    Tensor[] narrow = new Tensor[wide.length];
    for (int i = 0; i < wide.length; i++) {
      long[] shape = wide[i].shape().toArray();
      narrow[i] = Tensor.of(random.ints(wide[i].shape().elementCount()).toArray(), shape);
      wide[i] = narrow[i].convert(DType.I64);
    }
    try (Workers three = Workers.of(3)) {
      EinsumOptions options = EinsumOptions.defaults().withWorkers(three);
      Einsum ofI64 = Einsum.compile(equation, options, OperandSpec.like(wide));
      Einsum ofI32 = Einsum.compile(equation, options, OperandSpec.like(narrow));
      Tensor expected = ofI64.run(wide).convert(DType.I32);
      Tensor out = Tensor.full(DType.I32, 7, expected.shape().toArray());
      ofI32.runInto(out, narrow);
      assertArrayEquals(values(expected), values(out));
      ofI32.runInto(3, -1, out, narrow);
      Tensor twice = Tensor.zeros(DType.I64, expected.shape().toArray());
      ofI64.runInto(2, 0, twice, wide);
      assertArrayEquals(values(twice.convert(DType.I32)), values(out));
    }
  }

  /** What runs without the Vector API. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "bij,bjk->bik; 50,4,4,4",
        "bij,bjk->bik; 33,1,7,3",
        "bij,bjk->bik; 30,8,8,8",
        "bij,bjk->bik; 30,9,8,8",
        "bij,bjk->bik; 20,16,16,16",
        "bij,bkj->bik; 20,16,15,17",
        "bji,bjk->bki; 9,32,32,32"
      })
  void batchesInPlainLoopsAreTheDefinition(String equation, String listed) {
    for (DType dtype : DType.values()) {
      Tensor[] operands = operands(equation, sizes(listed), dtype);
      double[] expected = values(definition(equation, operands));
      for (KernelChoice kernels : KernelChoice.values()) {
        EinsumOptions options = EinsumOptions.defaults().withKernels(kernels);
        Einsum einsum = Einsum.compile(equation, options, OperandSpec.like(operands));
        String what = einsum + " by " + einsum.explain();
        assertArrayEquals(expected, values(einsum.run(operands)), what);
      }
    }
  }

  /** Tiles of elements one after the other are slow on operands that are not packed. */
  @Test
  void plainLoopsPackBatchesOfMoreThan512MultiplyAdds() {
    for (DType dtype : List.of(DType.I32, DType.I64, DType.F32, DType.F64)) {
      assertEquals("unpacked product", kernel(dtype, 8));
      assertTrue(kernel(dtype, 16).startsWith("product "), kernel(dtype, 16));
    }
  }

  private static String kernel(DType dtype, long n) {
    EinsumOptions plain = EinsumOptions.defaults().withKernels(KernelChoice.SCALAR);
    Tensor operand = Tensor.zeros(dtype, 30, n, n);
    Einsum einsum = Einsum.compile("bij,bjk->bik", plain, OperandSpec.like(operand, operand));
    return einsum.explain().steps().getFirst().kernel();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ij,jk->ik; 131,64,8",
        "ij,jk->ik; 64,256,8",
        "ij,jk->ik; 65,530,7",
        "ij,jk->ik; 33,1040,3",
        "ij,jk->ik; 130,515,2",
        "ji,jk->ik; 528,37,8",
        "ij,kj->ik; 200,128,5",
        "ij,jk->ki; 200,128,5",
        "bij,bjk->bik; 5,67,96,8",
        "bij,jk->bik; 5,67,96,8",
        "aib,bk->iak; 3,70,80,6",
        "aijb,bjk->kai; 3,25,8,16,4",
        "ij,jk->ki; 67,80,13",
        "bij,jk->kbi; 3,35,72,16",
      })
  void productsOfFewColumnsAreTheDefinition(String equation, String listed) {
    check(equation, listed, List.of(DType.F32, DType.F64));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "aebf,dfce->abcd; 3,5,7,90,9,6",
        "aebf,dfce->abcd; 3,11,7,59,9,6",
        "aebf,dfce->abcd; 2,4,17,64,9,5",
        "aebfg,dfceg->abcd; 2,7,9,40,3,5,6",
      })
  void productsOfASumThatTheLeftOperandLiesAcrossAreTheDefinition(String equation, String listed) {
    check(equation, listed, List.of(DType.F32, DType.F64, DType.I64));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "dbea,ec->abcd; 64,2,70,64,3",
        "dbea,ec->abcd; 96,2,130,45,3",
        "dea,ec->acd; 64,600,20,5",
        "dea,ec->acd; 24,70,210,5",
        "dea,ec->acd; 7,70,410,5",
      })
  void productsWhoseColumnsTheLongOperandLiesAcrossAreTheDefinition(
      String equation, String listed) {
    check(equation, listed, List.of(DType.F32, DType.F64, DType.I64));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "bm,bp->mp; 1032,20,30",
        "ij,jk->ik; 40,1300,50",
        "ij,jk->ki; 40,700,50",
        "ij,jk->ik; 5,700,9",
        "bij,bjk->bik; 3,20,600,40",
        "ij,jk->ik; 40,700,7",
        "aibj,jcb->cai; 3,5,40,16,7",
        "dea,ec->acd; 64,70,64,3",
        "dea,ec->acd; 24,70,64,3",
        "ij,j->i; 30,4000",
        "ij->j; 3000,40",
        "i,i->; 3000",
      })
  void whereTheDataLiesChangesNoBit(String equation, String listed) {
    long[] sizes = Arrays.stream(listed.strip().split(",")).mapToLong(Long::parseLong).toArray();
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Tensor[] operands = operands(equation, sizes, DType.F64);
      Tensor[] offHeap = new Tensor[operands.length];
      for (int i = 0; i < operands.length; i++) {
        // Thirds are rounded, and so are their sums.
        operands[i] = Einsum.einsum("..., -> ...", operands[i], Tensor.full(DType.F64, 1.0 / 3));
        operands[i] = operands[i].convert(dtype);
        offHeap[i] = Tensor.allocate(Arena.ofAuto(), dtype, operands[i].shape());
        offHeap[i].assign(operands[i]);
      }
      Einsum einsum =
          Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(operands));
      long[] shape = einsum.outputShape().toArray();
      for (double[] factors : new double[][] {{1, 0}, {1, 1}, {2, 0}, {2, 3}}) {
        Tensor expected = Tensor.full(dtype, 0.1, shape);
        einsum.runInto(factors[0], factors[1], expected, operands);
        for (Tensor[] given : List.of(operands, offHeap)) {
          Tensor out = Tensor.allocate(Arena.ofAuto(), dtype, einsum.outputShape());
          out.assign(Tensor.full(dtype, 0.1, shape));
          einsum.runInto(factors[0], factors[1], out, given);
          assertArrayEquals(values(expected), values(out), equation);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"'a,bac->bc'", "'bac,a->bc'"})
  void factorsThatBothRepeatAlongTheResultAreTheDefinition(String equation) {
    for (DType dtype : DTYPES) {
      Tensor factor = operands("a->a", new long[] {40}, dtype)[0].slice(0, 20, 29);
      Tensor rows = operands("abc->", new long[] {9, 16, 1}, dtype)[0].transpose(1, 0, 2);
      Tensor repeated = rows.broadcastTo(Shape.of(16, 9, 4));
      boolean first = equation.startsWith("a,");
      Tensor[] given = first ? new Tensor[] {factor, repeated} : new Tensor[] {repeated, factor};
      Tensor kept = Tensor.allocate(Arena.ofAuto(), dtype, Shape.of(9, 16, 1));
      kept.assign(rows.transpose(1, 0, 2));
      Tensor offHeap = kept.transpose(1, 0, 2).broadcastTo(repeated.shape());
      double[] expected = values(definition(equation, given));
      assertArrayEquals(expected, values(Einsum.einsum(equation, given)), dtype.toString());
      given[first ? 1 : 0] = offHeap;
      assertArrayEquals(expected, values(Einsum.einsum(equation, given)), dtype.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({"9,7,16", "5,3,130", "1,40,3", "600,1,8"})
  void whatFollowsProductsOfShortRowsIsThePlainLoop(int b, int t, int m) {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16)) {
      Tensor x = operands("btm->", new long[] {b, t, m}, dtype)[0];
      Tensor gain = operands("m->", new long[] {m}, dtype)[0];
      double[] xs = values(x);
      double[] gains = values(gain);
      for (String term : List.of("", "m", "t", "btm")) {
        Tensor bias = term.isEmpty() ? Tensor.zeros(dtype) : operands(term, b, t, m, dtype);
        Epilogue epilogue = Epilogue.none().withScale(2).withRelu();
        epilogue = term.isEmpty() ? epilogue : epilogue.withBias(term, bias);
        EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
        Einsum einsum = Einsum.compile("btm,m->btm", options, OperandSpec.like(x, gain));
        double[] biases = values(bias);
        double[] expected = new double[b * t * m];
        for (int i = 0; i < expected.length; i++) {
          int at =
              switch (term) {
                case "m" -> i % m;
                case "t" -> i / m % t;
                case "btm" -> i;
                default -> 0;
              };
          expected[i] = Math.max(0, 2 * xs[i] * gains[i % m] + biases[at]);
        }
        String what = dtype + " bias " + term;
        assertArrayEquals(expected, values(einsum.run(x, gain)), what);
        Tensor turned = Tensor.zeros(dtype, t, b, m).transpose(1, 0, 2);
        einsum.runInto(turned, x, gain);
        assertArrayEquals(expected, values(turned.contiguous()), what);
      }
    }
  }

  /** Numbers below and above 0, of the axes of b, t and m that a term has. */
  private Tensor operands(String term, int b, int t, int m, DType dtype) {
    long[] sizes =
        term.chars().mapToLong(label -> label == 'b' ? b : label == 't' ? t : m).toArray();
    double[] values =
        random.ints(Shape.of(sizes).elementCount(), -60, 8).asDoubleStream().toArray();
    return Tensor.of(values, sizes).convert(dtype);
  }

  private void check(String equation, String listed, List<DType> dtypes) {
    for (DType dtype : dtypes) {
      Tensor[] operands = operands(equation, sizes(listed), dtype);
      Tensor product = definition(equation, operands);
      Tensor[] offHeap = new Tensor[operands.length];
      for (int i = 0; i < operands.length; i++) {
        offHeap[i] = Tensor.allocate(Arena.ofAuto(), dtype, operands[i].shape());
        offHeap[i].assign(operands[i]);
      }
      double[] scaled = new double[Math.toIntExact(product.shape().elementCount())];
      double[] plain = product.reshape(scaled.length).convert(DType.F64).toDoubleArray();
      Arrays.setAll(scaled, i -> 2 * plain[i] + 3 * 5);
      try (Workers three = Workers.of(3)) {
        for (Workers workers : List.of(Workers.sequential(), three)) {
          EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
          Einsum einsum = Einsum.compile(equation, options, OperandSpec.like(operands));
          for (Tensor[] given : List.of(operands, offHeap)) {
            assertArrayEquals(plain, values(einsum.run(given)), equation);
            Tensor out = Tensor.full(dtype, 5, product.shape().toArray());
            einsum.runInto(2, 3, out, given);
            assertArrayEquals(scaled, values(out), equation);
          }
        }
      }
    }
  }

  private static long[] sizes(String listed) {
    return Arrays.stream(listed.strip().split(",")).mapToLong(Long::parseLong).toArray();
  }

  private static Tensor definition(String equation, Tensor[] operands) {
    return ReferenceEinsum.evaluate(
        Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(operands)).bound(),
        operands);
  }

  private static double[] values(Tensor tensor) {
    return tensor.reshape(tensor.shape().elementCount()).convert(DType.F64).toDoubleArray();
  }

  /** Small integers, whose products and sums every dtype holds exactly. */
  private Tensor[] operands(String equation, long[] sizes, DType dtype) {
    StringBuilder seen = new StringBuilder();
    List<Tensor> operands = new ArrayList<>();
    for (String term : equation.substring(0, equation.indexOf('-')).split(",", -1)) {
      long[] shape = new long[term.length()];
      for (int axis = 0; axis < shape.length; axis++) {
        String label = term.substring(axis, axis + 1);
        if (seen.indexOf(label) < 0) {
          seen.append(label);
        }
        shape[axis] = sizes[seen.indexOf(label)];
      }
      double[] values =
          random.ints(Shape.of(shape).elementCount(), 0, 8).asDoubleStream().toArray();
      operands.add(Tensor.of(values, shape).convert(dtype));
    }
    return operands.toArray(Tensor[]::new);
  }
}
