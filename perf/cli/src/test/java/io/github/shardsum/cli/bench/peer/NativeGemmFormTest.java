package io.github.shardsum.cli.bench.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.cli.bench.BenchCases;
import io.github.shardsum.cli.bench.BenchOracle;
import io.github.shardsum.tensor.DType;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeGemmFormTest {
  private static final Map<Character, Long> SIZES =
      Map.of('i', 3L, 'j', 5L, 'k', 4L, 'b', 2L, 'h', 3L, 'q', 4L, 'd', 5L, 's', 6L);

  private static BenchCase subject(String equation) {
    Map<String, Long> sizes = new TreeMap<>();
    equation
        .chars()
        .filter(Character::isLetter)
        .forEach(letter -> sizes.put("" + (char) letter, SIZES.get((char) letter)));
    return BenchCases.of(equation, sizes, DType.F64);
  }

  /** The form, carried out as three loops, must give what the equation says. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ij,jk->ik",
        "ji,jk->ik",
        "ij,kj->ik",
        "ij,jk->ki",
        "ji,kj->ki",
        "bij,bjk->bik",
        "bij,bkj->bki",
        "bhqd,bhsd->bhqs",
        "bqhd,bshd->bhqs",
        "bhqs,bshd->bqhd",
        "ijbh,bhqd->ijqd",
      })
  void productsOfPlainMatricesHaveAForm(String equation) {
    BenchCase subject = subject(equation);
    BenchOracle oracle = new BenchOracle(subject);
    double[] result = multiply(NativeGemmForm.of(subject.bound()).orElseThrow(), subject);
    double[] values =
        LongStream.of(oracle.samples()).mapToDouble(index -> result[(int) index]).toArray();
    assertEquals(0, oracle.error(values), 1e-14);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ij->ji",
        "ij,j->i",
        "i,j->ij",
        "ij,ij->ij",
        "iij,jk->ik",
        "ijk,bjhk->ibh",
        "ij,jk->i"
      })
  void othersHaveNone(String equation) {
    assertEquals(Optional.empty(), NativeGemmForm.of(subject(equation).bound()));
  }

  @Test
  void aBatchIsAProductEach() {
    NativeGemmForm form = NativeGemmForm.of(subject("bij,bjk->bik").bound()).orElseThrow();
    assertEquals(3, form.m());
    assertEquals(4, form.n());
    assertEquals(5, form.k());
    assertArrayEquals(new long[][] {{0, 0, 0}, {15, 20, 12}}, form.offsets());
  }

  private static double[] multiply(NativeGemmForm form, BenchCase subject) {
    double[] c = new double[(int) subject.bound().outputShape().elementCount()];
    for (long[] offset : form.offsets()) {
      for (int i = 0; i < form.m(); i++) {
        for (int j = 0; j < form.n(); j++) {
          double sum = 0;
          for (int p = 0; p < form.k(); p++) {
            sum +=
                PeerInputs.value(form.left(), offset[0] + at(form.a(), i, p), subject.dtype())
                    * PeerInputs.value(
                        1 - form.left(), offset[1] + at(form.b(), p, j), subject.dtype());
          }
          c[(int) offset[2] + i * form.ldc() + j] = sum;
        }
      }
    }
    return c;
  }

  private static int at(NativeGemmForm.Matrix matrix, int row, int column) {
    return matrix.transposed() ? column * matrix.ld() + row : row * matrix.ld() + column;
  }
}
