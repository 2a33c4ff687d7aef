package io.github.shardsum.internal.certify;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Holds the claim that the results of addends sum up to the result of their sum to values of the
 * whole range of a dtype: extremes, infinities, NaN, and sums that wrap. Sums of addends are plain
 * loops, the operation is evaluated by its definition.
 */
final class DrawnAddends {
  private static final long[] WHOLE = {0, 1, -1, 2, 3, Integer.MAX_VALUE, Integer.MIN_VALUE};
  private static final double[] REAL = {
    0, -0.0, 1, -1, 2, 0.5, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN
  };

  private final Random random;

  DrawnAddends(long seed) {
    this.random = new Random(seed);
  }

  /**
   * Looks for values that refute a claim.
   *
   * @param program one of one statement, which is the only output
   * @param together the operands, inputs of the program, that are addends; others are whole
   * @param draws how many values are tried
   * @return what refutes it; empty if nothing does
   */
  Optional<String> refuted(Program program, Set<Integer> together, int draws) {
    List<Value> operands = program.statements().getFirst().operation().operands();
    try (Executable executable = new ReferenceBackend().compile(program)) {
      for (int draw = 0; draw < draws; draw++) {
        int count = 2 + random.nextInt(2);
        List<List<Tensor>> addends = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
          addends.add(drawn(operands.get(i), together.contains(i) ? count : 1));
        }
        List<Tensor> results = new ArrayList<>();
        for (int device = 0; device < count; device++) {
          results.add(run(executable, program, operands, ofDevice(addends, device)));
        }
        Tensor given = sum(results);
        List<Tensor> sums = addends.stream().map(DrawnAddends::sum).toList();
        Tensor expected = run(executable, program, operands, sums);
        if (!isSame(expected, given)) {
          return Optional.of(
              String.format(
                  Locale.ROOT,
                  "of %s the sums are %s and the result %s, that of the addends %s",
                  addends,
                  sums,
                  expected,
                  given));
        }
      }
    }
    return Optional.empty();
  }

  private static List<Tensor> ofDevice(List<List<Tensor>> addends, int device) {
    return addends.stream().map(own -> own.get(Math.min(device, own.size() - 1))).toList();
  }

  private static Tensor run(
      Executable executable, Program program, List<Value> operands, List<Tensor> values) {
    List<Tensor> inputs =
        program.inputs().stream().map(input -> values.get(operands.indexOf(input))).toList();
    return executable.run(inputs).getFirst();
  }

  /** A value of integers from -4 to 4, bool of both. */
  Tensor small(Value value) {
    DType dtype = value.type().dtype();
    long[] elements = new long[Math.toIntExact(value.type().shape().elementCount())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = dtype == DType.BOOL ? random.nextInt(2) : random.nextInt(9) - 4;
    }
    return Tensor.of(elements, value.type().shape().toArray()).convert(dtype);
  }

  /** Values of the whole range. */
  List<Tensor> drawn(Value value, int count) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(drawn(value.type().dtype(), value.type().shape()));
    }
    return all;
  }

  private Tensor drawn(DType dtype, Shape shape) {
    int count = Math.toIntExact(shape.elementCount());
    double[] real = new double[count];
    long[] whole = new long[count];
    for (int i = 0; i < count; i++) {
      real[i] = real(dtype);
      whole[i] = whole(dtype);
    }
    long[] sizes = shape.toArray();
    return dtype.isFloating()
        ? Tensor.of(real, sizes).convert(dtype)
        : Tensor.of(whole, sizes).convert(dtype);
  }

  private double real(DType dtype) {
    return switch (random.nextInt(5)) {
      case 0 -> REAL[random.nextInt(REAL.length)];
      case 1 -> (random.nextBoolean() ? 1 : -1) * largest(dtype);
      case 2 ->
          dtype == DType.F64
              ? Double.longBitsToDouble(random.nextLong())
              : Float.intBitsToFloat(random.nextInt());
      default -> random.nextInt(9) - 4;
    };
  }

  private static double largest(DType dtype) {
    return switch (dtype) {
      case F64 -> Double.MAX_VALUE;
      case F32 -> Float.MAX_VALUE;
      default -> Float.intBitsToFloat(0x7f7f0000);
    };
  }

  private long whole(DType dtype) {
    if (dtype == DType.BOOL) {
      return random.nextInt(2);
    }
    return switch (random.nextInt(3)) {
      case 0 -> WHOLE[random.nextInt(WHOLE.length)];
      case 1 -> dtype == DType.I64 ? random.nextLong() : random.nextInt();
      default -> random.nextBoolean() ? Long.MAX_VALUE : Long.MIN_VALUE;
    };
  }

  /** The sum as devices make it: integers wrap, bf16 is added in f32, of bool it is the or. */
  static Tensor sum(List<Tensor> addends) {
    if (addends.size() == 1) {
      return addends.getFirst();
    }
    DType dtype = addends.getFirst().dtype();
    long[] sizes = addends.getFirst().shape().toArray();
    int count = Math.toIntExact(addends.getFirst().shape().elementCount());
    double[] real = new double[count];
    long[] whole = new long[count];
    for (int i = 0; i < count; i++) {
      for (int device = 0; device < addends.size(); device++) {
        if (!dtype.isFloating()) {
          long next = addends.get(device).toLongArray()[i];
          whole[i] = dtype == DType.BOOL ? whole[i] | next : whole[i] + next;
        } else {
          double sum = (device == 0 ? -0.0 : real[i]) + addends.get(device).toDoubleArray()[i];
          real[i] = dtype == DType.F64 ? sum : (float) sum;
        }
      }
    }
    return dtype.isFloating()
        ? Tensor.of(real, sizes).convert(dtype)
        : Tensor.of(whole, sizes).convert(dtype);
  }

  static boolean isSame(Tensor one, Tensor other) {
    if (!one.dtype().isFloating()) {
      return java.util.Arrays.equals(one.toLongArray(), other.toLongArray());
    }
    double[] a = one.toDoubleArray();
    double[] b = other.toDoubleArray();
    boolean isSame = a.length == b.length;
    for (int i = 0; i < a.length && isSame; i++) {
      isSame = a[i] == b[i] || (Double.isNaN(a[i]) && Double.isNaN(b[i]));
    }
    return isSame;
  }
}
