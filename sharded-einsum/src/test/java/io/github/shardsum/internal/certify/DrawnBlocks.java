package io.github.shardsum.internal.certify;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Holds the claim that an operation gives blocks or addends of blocks to drawn values. */
final class DrawnBlocks {
  private final DrawnAddends values;

  DrawnBlocks(long seed) {
    this.values = new DrawnAddends(seed);
  }

  /**
   * Looks for values that refute a claim.
   *
   * @param whole a program of one statement
   * @param parts the same of each of two chunks of a label
   * @param label the label
   * @param claim how the result lies
   */
  Optional<String> refuted(
      Program whole, List<Program> parts, String label, CheckedParts claim, int draws) {
    boolean isSum = !claim.partial().isEmpty() && claim.kind() == ReduceKind.SUM;
    try (Executable all = new ReferenceBackend().compile(whole);
        Executable first = new ReferenceBackend().compile(parts.getFirst());
        Executable second = new ReferenceBackend().compile(parts.getLast())) {
      for (int draw = 0; draw < draws; draw++) {
        List<Tensor> inputs = new ArrayList<>();
        for (Value input : whole.inputs()) {
          // Sums of floating numbers may be rounded in any order, so they are of small integers.
          inputs.add(isSum ? values.small(input) : values.drawn(input, 1).getFirst());
        }
        Tensor expected = all.run(inputs).getFirst();
        Tensor one = first.run(chunks(whole, inputs, label, true)).getFirst();
        Tensor other = second.run(chunks(whole, inputs, label, false)).getFirst();
        Tensor given = together(one, other, claim, label);
        if (!DrawnAddends.isSame(expected, given)) {
          return Optional.of(
              whole + "along " + label + " of " + inputs + ": " + expected + ", not " + given);
        }
      }
    }
    return Optional.empty();
  }

  /** Chunks of ceil(n / 2). */
  private static List<Tensor> chunks(
      Program whole, List<Tensor> inputs, String label, boolean isFirst) {
    List<Tensor> chunks = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      int dim = whole.inputs().get(i).type().axis(label);
      Tensor x = inputs.get(i);
      if (dim >= 0) {
        long size = x.shape().size(dim);
        long half = Math.ceilDiv(size, 2);
        x = isFirst ? x.slice(dim, 0, half) : x.slice(dim, half, size);
      }
      chunks.add(x);
    }
    return chunks;
  }

  private static Tensor together(Tensor one, Tensor other, CheckedParts claim, String label) {
    if (!claim.partial().isEmpty()) {
      return combined(one, other, claim.kind());
    }
    int dim = -1;
    for (int at = 0; at < claim.cuts().size(); at++) {
      dim = claim.cuts().get(at).isWhole() ? dim : at;
    }
    if (dim < 0) {
      throw new AssertionError("a block of no label, got " + claim + " along " + label);
    }
    long[] sizes = one.shape().toArray();
    sizes[dim] += other.shape().size(dim);
    Tensor whole = Tensor.zeros(one.dtype(), sizes);
    whole.slice(dim, 0, one.shape().size(dim)).assign(one);
    whole.slice(dim, one.shape().size(dim), sizes[dim]).assign(other);
    return whole;
  }

  private static Tensor combined(Tensor one, Tensor other, ReduceKind kind) {
    if (kind == ReduceKind.SUM) {
      return DrawnAddends.sum(List.of(one, other));
    }
    boolean isMost = kind == ReduceKind.MAX;
    if (one.dtype().isFloating()) {
      double[] a = one.toDoubleArray();
      double[] b = other.toDoubleArray();
      for (int i = 0; i < a.length; i++) {
        a[i] = isMost ? Math.max(a[i], b[i]) : Math.min(a[i], b[i]);
      }
      return Tensor.of(a, one.shape().toArray()).convert(one.dtype());
    }
    long[] a = integers(one);
    long[] b = integers(other);
    for (int i = 0; i < a.length; i++) {
      a[i] = isMost ? Math.max(a[i], b[i]) : Math.min(a[i], b[i]);
    }
    return Tensor.of(a, one.shape().toArray()).convert(one.dtype());
  }

  private static long[] integers(Tensor tensor) {
    return tensor.convert(DType.I64).toLongArray();
  }
}
