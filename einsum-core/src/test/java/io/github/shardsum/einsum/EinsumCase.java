package io.github.shardsum.einsum;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A random einsum with its operands, all decided by one seed: 1 to 4 operands over 0 to 7 labels,
 * with repeated labels, axes of size 1 that broadcast, empty axes, labels that only the output has,
 * and operands of any strides in any memory.
 */
record EinsumCase(
    Equation equation, List<Tensor> operands, Map<String, Long> sizes, DType dtype, Random random) {
  private static final String LABELS = "abcdefg";

  static EinsumCase of(long seed, boolean integerValued) {
    Random random = new Random(seed);
    DType dtype = DType.values()[random.nextInt(DType.values().length)];
    return of(random, dtype, integerValued);
  }

  static EinsumCase of(Random random, DType dtype, boolean integerValued) {
    long[] size = new long[LABELS.length()];
    int count = random.nextInt(LABELS.length() + 1);
    for (int label = 0; label < count; label++) {
      size[label] = random.nextInt(40) == 0 ? 0 : 1 + random.nextInt(count > 4 ? 4 : 9);
    }
    List<Term> terms = new ArrayList<>();
    List<Tensor> operands = new ArrayList<>();
    List<Integer> used = new ArrayList<>();
    int operandCount = 1 + random.nextInt(4);
    for (int operand = 0; operand < operandCount; operand++) {
      List<Integer> labels = labels(random, count);
      long[] shape = labels.stream().mapToLong(label -> size[label]).toArray();
      boolean broadcast = labels.size() > 0 && random.nextInt(6) == 0;
      if (broadcast) {
        int axis = random.nextInt(labels.size());
        if (Collections.frequency(labels, labels.get(axis)) == 1) {
          shape[axis] = 1;
        }
      }
      used.addAll(labels);
      terms.add(term(labels));
      operands.add(fill(tensor(random, dtype, shape), random, integerValued));
    }
    Map<String, Long> sizes = new HashMap<>();
    List<Integer> output = output(random, used, size, sizes, count);
    return new EinsumCase(new Equation(terms, term(output)), operands, sizes, dtype, random);
  }

  private static List<Integer> labels(Random random, int count) {
    List<Integer> labels = new ArrayList<>();
    int rank = count == 0 ? 0 : random.nextInt(Math.min(count, 4) + 1);
    for (int axis = 0; axis < rank; axis++) {
      int label = random.nextInt(count);
      if (!labels.contains(label) || random.nextInt(5) == 0) {
        labels.add(label);
      }
    }
    return labels;
  }

  private static List<Integer> output(
      Random random, List<Integer> used, long[] size, Map<String, Long> sizes, int count) {
    List<Integer> output = new ArrayList<>();
    for (int label : used.stream().distinct().toList()) {
      if (random.nextBoolean()) {
        output.add(label);
      }
    }
    if (!output.isEmpty() && random.nextInt(8) == 0) {
      output.add(output.get(random.nextInt(output.size())));
    }
    if (random.nextInt(8) == 0) {
      for (int label = 0; label < count; label++) {
        if (!used.contains(label)) {
          output.add(label);
          sizes.put(LABELS.substring(label, label + 1), size[label]);
          break;
        }
      }
    }
    Collections.shuffle(output, random);
    return output;
  }

  private static Term term(List<Integer> labels) {
    return Term.of(
        labels.stream().map(label -> LABELS.substring(label, label + 1)).toArray(String[]::new));
  }

  /** A tensor of a shape with random strides over random memory. */
  static Tensor tensor(Random random, DType dtype, long... shape) {
    List<Integer> order = new ArrayList<>();
    for (int axis = 0; axis < shape.length; axis++) {
      order.add(axis);
    }
    if (random.nextBoolean()) {
      Collections.shuffle(order, random);
    }
    long[] strides = new long[shape.length];
    long offset = 0;
    long stride = 1;
    for (int axis : order.reversed()) {
      stride *= random.nextInt(6) == 0 ? 2 : 1;
      boolean reversed = random.nextInt(8) == 0;
      strides[axis] = reversed ? -stride : stride;
      offset += reversed ? stride * Math.max(0, shape[axis] - 1) : 0;
      stride *= Math.max(1, shape[axis]);
    }
    int pad = random.nextInt(3);
    MemorySegment memory = memory(random, dtype, stride + pad);
    return Tensor.ofStrided(dtype, memory, offset + pad, Shape.of(shape), strides);
  }

  private static MemorySegment memory(Random random, DType dtype, long elements) {
    long bytes = elements * dtype.byteSize();
    return switch (random.nextInt(4)) {
      case 0 -> Arena.ofAuto().allocate(bytes, 8);
      case 1 -> Arena.ofAuto().allocate(bytes + 1, 8).asSlice(1, bytes);
      case 2 -> MemorySegment.ofArray(new byte[(int) bytes]);
      default -> Tensor.zeros(dtype, elements).segment();
    };
  }

  static Tensor fill(Tensor tensor, Random random, boolean integerValued) {
    int count = (int) tensor.shape().elementCount();
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = integerValued ? random.nextInt(7) - 3 : random.nextGaussian();
    }
    tensor.assign(Tensor.of(values, tensor.shape().toArray()));
    return tensor;
  }

  Tensor[] operandArray() {
    return operands.toArray(Tensor[]::new);
  }

  EinsumOptions options() {
    EinsumOptions options = EinsumOptions.defaults();
    for (Map.Entry<String, Long> size : sizes.entrySet()) {
      options = options.withSize(size.getKey(), size.getValue());
    }
    return options;
  }
}
