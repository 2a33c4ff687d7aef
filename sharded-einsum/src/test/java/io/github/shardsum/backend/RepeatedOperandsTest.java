package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pointwise operations whose operands repeat along some labels, against plain loops. */
class RepeatedOperandsTest {
  private final Random random = new Random(5);

  @ParameterizedTest
  @CsvSource({"40,30,16", "7,5,1", "3,1,512", "1,3,1024", "9,11,96", "2,700,8", "5,3,600"})
  void operandsThatRepeatAreThePlainLoop(int b, int t, int m) {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      for (String labels : List.of("", "b", "t", "m", "bt", "bm", "tm", "btm")) {
        double[] xs = numbers(b * t * m);
        double[] ys = numbers(size(labels, b, t, m));
        double[] expected = new double[xs.length];
        for (int i = 0; i < xs.length; i++) {
          int at = 0;
          for (int place = 0; place < labels.length(); place++) {
            char label = labels.charAt(place);
            int index = label == 'b' ? i / m / t : label == 't' ? i / m % t : i % m;
            at = at * (label == 'b' ? b : label == 't' ? t : m) + index;
          }
          expected[i] = xs[i] * ys[at] + xs[i];
        }
        Tensor x = Tensor.of(xs, b, t, m).convert(dtype);
        Tensor y = Tensor.of(ys, shape(labels, b, t, m)).convert(dtype);
        try (Workers two = Workers.of(2)) {
          for (Workers workers : List.of(Workers.sequential(), two)) {
            try (Executable made =
                LocalBackend.of(workers).compile(program(dtype, labels, b, t, m))) {
              Tensor z = made.run(List.of(x, y)).getFirst();
              double[] actual = z.reshape(xs.length).convert(DType.F64).toDoubleArray();
              assertArrayEquals(expected, actual, dtype + " " + labels);
            }
          }
        }
      }
    }
  }

  private static Program program(DType dtype, String labels, int b, int t, int m) {
    StringBuilder type = new StringBuilder();
    for (int place = 0; place < labels.length(); place++) {
      char label = labels.charAt(place);
      type.append(' ').append(label).append('=').append(size("" + label, b, t, m));
    }
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
            program repeated {
              input x: %1$s[b=%2$d t=%3$d m=%4$d]
              input y: %1$s[%5$s]
              product = multiply(x, y)
              z = add(product, x)
              output z
            }
            """,
            dtype,
            b,
            t,
            m,
            type.toString().strip()));
  }

  private static long[] shape(String labels, int b, int t, int m) {
    return labels.chars().mapToLong(label -> size("" + (char) label, b, t, m)).toArray();
  }

  private static int size(String labels, int b, int t, int m) {
    int size = 1;
    for (int place = 0; place < labels.length(); place++) {
      char label = labels.charAt(place);
      size *= label == 'b' ? b : label == 't' ? t : m;
    }
    return size;
  }

  /** Whole numbers, which every dtype computes with exactly. */
  private double[] numbers(int n) {
    return random.ints(n, 1, 90).asDoubleStream().toArray();
  }
}
