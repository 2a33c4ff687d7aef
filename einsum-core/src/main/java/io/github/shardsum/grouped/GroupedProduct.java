package io.github.shardsum.grouped;

import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.contraction.GroupedSteps;
import io.github.shardsum.internal.contraction.GroupedSteps.Side;
import io.github.shardsum.internal.contraction.ResultScaling;
import io.github.shardsum.internal.contraction.RowEpilogue;
import io.github.shardsum.internal.kernel.Blocking;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Matrix products over ragged groups of rows: neighbouring rows form a group, and each group is
 * multiplied by a matrix of its own. The experts of a dropless mixture of experts compute such
 * products (Gale et al. 2022, MegaBlocks; {@code ragged_dot} in JAX), forward and backward.
 *
 * <p>Groups may be empty. Rows after the last group belong to no group: {@link #rows} sets them to
 * zero, {@link #weights} leaves them out. Operands may have any strides and memory. The gradient by
 * x is therefore again {@link #rows}, with the transposed matrices {@code w.transpose(0, 2, 1)}.
 * Thread-safe. Bits do not depend on the number of threads; the bits of a row of {@link #rows} do
 * not depend on the other rows of its group.
 */
public final class GroupedProduct {
  /** The largest result of {@link #nearBytes} on any machine: 4.5 MiB. */
  public static final int MOST_NEAR_BYTES = Blocking.MOST_NEAR_BYTES;

  private GroupedProduct() {}

  /**
   * Bytes of the arrays into which a thread packs blocks of one group's operands, which are in C
   * order. The thread keeps the arrays in its scratch. The result is the larger of a product's and
   * its gradients' bytes. It depends on the caches and the vectors of this machine.
   *
   * @param dtype the dtype of the operands
   * @param rows number of rows of the group, at least 1
   * @param k number of columns of x, at least 1
   * @param n number of columns of a matrix, at least 1
   * @return the bytes, on one thread; 0 if nothing is packed
   * @throws IllegalArgumentException if rows, k or n is below 1
   */
  public static long packedBytes(DType dtype, long rows, long k, long n) {
    if (rows < 1 || k < 1 || n < 1) {
      throw new IllegalArgumentException(
          "grouped product: rows, k and n must be at least 1, got "
              + rows
              + ", "
              + k
              + " and "
              + n);
    }
    ComputeType type = ComputeType.of(dtype);
    return Math.max(
        GroupedSteps.packedBytes(type, rows, k, n), GroupedSteps.packedBytes(type, rows, n, k));
  }

  /**
   * Bytes that one thread may keep in the caches of this machine between two products. If the
   * second product reads rows of the first one's result, these rows should not be larger.
   *
   * @return the bytes, at least 32 KiB and at most {@link #MOST_NEAR_BYTES}: a part of a cache that
   *     several cores share
   */
  public static int nearBytes() {
    return Blocking.nearBytes();
  }

  /**
   * out[r, n] = sum over k of x[r, k] * w[group of r, k, n].
   *
   * @param workers threads to use
   * @param x {@code [r, k]} of numbers, the rows of group 0 first
   * @param w {@code [e, k, n]} of x's dtype, one matrix for each group
   * @param sizes {@code [e]} of i32 or i64: rows of each group, their sum at most r
   * @return a fresh tensor {@code [r, n]} of that dtype
   * @throws IllegalArgumentException if shapes or dtypes do not match, a size is negative or their
   *     sum is above r
   */
  public static Tensor rows(Workers workers, Tensor x, Tensor w, Tensor sizes) {
    checkRows(MatrixRows.of(x), w);
    Tensor out = Tensor.zeros(w.dtype(), x.size(0), w.size(2));
    rowsInto(workers, out, x, w, sizes, Epilogue.none());
    return out;
  }

  /**
   * As {@link #rows}, into a given result, with an epilogue on the rows of groups.
   *
   * @param workers threads to use
   * @param out {@code [r, n]} of x's dtype, overwritten; overlaps no operand
   * @param x {@code [r, k]}
   * @param w {@code [e, k, n]}
   * @param sizes {@code [e]}
   * @param epilogue its bias has labels {@code e} and {@code n}, or one of them
   * @throws IllegalArgumentException as {@link #rows}, or if out or the bias does not fit; nothing
   *     is then written
   */
  public static void rowsInto(
      Workers workers, Tensor out, Tensor x, Tensor w, Tensor sizes, Epilogue epilogue) {
    rowsInto(workers, out, MatrixRows.of(x), w, sizes, epilogue);
  }

  /**
   * As the other method, with rows that may be gathered while they are read.
   *
   * @param workers threads to use
   * @param out {@code [r, n]} of w's dtype, overwritten; overlaps no operand
   * @param x {@code [r, k]} of w's dtype, or of bf16 if that is f32
   * @param w {@code [e, k, n]}
   * @param sizes {@code [e]}
   * @param epilogue its bias has labels {@code e} and {@code n}, or one of them
   * @throws IllegalArgumentException as the other
   */
  public static void rowsInto(
      Workers workers, Tensor out, MatrixRows x, Tensor w, Tensor sizes, Epilogue epilogue) {
    rowsInto(workers, SumOrder.FASTEST, out, x, w, sizes, epilogue, Optional.empty());
  }

  /**
   * As {@link #rowsInto(Workers, Tensor, MatrixRows, Tensor, Tensor, Epilogue)}, with an order of
   * sums: with {@link SumOrder#TREE}, each group has the bits of {@code rk,kn->rn}.
   *
   * @param workers threads to use
   * @param sums the order of floating-point sums
   * @param out {@code [r, n]} of w's dtype; overwritten
   * @param x {@code [r, k]}
   * @param w {@code [e, k, n]}
   * @param sizes {@code [e]}
   * @param epilogue the operations on the sums
   * @throws IllegalArgumentException as {@link #rowsInto(Workers, Tensor, MatrixRows, Tensor,
   *     Tensor, Epilogue)}
   */
  public static void rowsInto(
      Workers workers,
      SumOrder sums,
      Tensor out,
      MatrixRows x,
      Tensor w,
      Tensor sizes,
      Epilogue epilogue) {
    rowsInto(workers, sums, out, x, w, sizes, epilogue, Optional.empty());
  }

  /**
   * As the other method, with a function of rows after the epilogue.
   *
   * @param workers threads to use
   * @param out {@code [r, n]} of w's dtype, overwritten; overlaps no operand; its rows are
   *     contiguous
   * @param x {@code [r, k]} of w's dtype, or of bf16 if that is f32
   * @param w {@code [e, k, n]} of a floating dtype
   * @param sizes {@code [e]}
   * @param epilogue its bias has labels {@code e} and {@code n}, or one of them
   * @param function called for the rows of groups; its type is that in which w's dtype is computed
   * @throws IllegalArgumentException as the other, or if out's rows are not contiguous or the
   *     function is of another dtype
   */
  public static void rowsInto(
      Workers workers,
      Tensor out,
      MatrixRows x,
      Tensor w,
      Tensor sizes,
      Epilogue epilogue,
      RowFunction function) {
    checkFunction(out, function);
    rowsInto(workers, SumOrder.FASTEST, out, x, w, sizes, epilogue, Optional.of(function));
  }

  private static void checkFunction(Tensor out, RowFunction function) {
    boolean fits =
        switch (function) {
          case RowFunction.OfFloat _ -> out.dtype() == DType.F32 || out.dtype() == DType.BF16;
          case RowFunction.OfDouble _ -> out.dtype() == DType.F64;
        };
    boolean contiguous =
        out.rank() == 2
            && (out.size(1) <= 1 || out.stride(1) == 1)
            && (out.size(0) <= 1 || out.stride(0) >= out.size(1));
    if (!fits || !contiguous) {
      throw new IllegalArgumentException(
          "grouped product: expected contiguous rows of the dtype of a function of rows, got "
              + out.description());
    }
  }

  /** The function in a type that kernels know; kernels do not depend on this package. */
  private static RowEpilogue.Function pieces(RowFunction function) {
    return switch (function) {
      case RowFunction.OfFloat of -> (RowEpilogue.Function.OfFloat) of::apply;
      case RowFunction.OfDouble of -> (RowEpilogue.Function.OfDouble) of::apply;
    };
  }

  private static void rowsInto(
      Workers workers,
      SumOrder sums,
      Tensor out,
      MatrixRows x,
      Tensor w,
      Tensor sizes,
      Epilogue epilogue,
      Optional<RowFunction> function) {
    checkRows(x, w);
    long[] groups = groups(sizes, w.size(0), x.count());
    Bias bias = bias(epilogue, w.size(0), w.size(2));
    Shape shape = Shape.of(x.count(), w.size(2));
    Workers threads =
        ready(workers, out, w.dtype(), shape, operands(epilogue, x.source(), w, sizes));
    // An i32 wraps to a negative number only when it is written.
    boolean relusApart = epilogue.relu() && out.dtype() == DType.I32;
    boolean relu = epilogue.relu() && !relusApart;
    ResultScaling finish = new ResultScaling(1, 0, epilogue.scale(), bias.slot(), relu);
    long used = sum(groups);
    boolean changes = epilogue.scale() != 1 || epilogue.bias().isPresent() || function.isPresent();
    boolean collects = roundsOften(out, x.width()) || (changes && out.dtype() == DType.BF16);
    Tensor to = collects ? Tensor.zeros(DType.F32, out.shape()) : out;
    if (function.isPresent()) {
      long stride = Math.max(Math.max(1, w.size(2)), to.stride(0));
      finish = finish.withRows(new RowEpilogue(pieces(function.get()), stride, w.size(2), 0));
    }
    if (x.width() == 0) {
      Tensor none = Tensor.zeros(w.dtype(), 1, 1);
      rows(
          threads,
          to,
          MatrixRows.of(none.broadcastTo(Shape.of(x.count(), 1))),
          none.reshape(1, 1, 1).broadcastTo(Shape.of(w.size(0), 1, w.size(2))),
          groups,
          finish,
          bias,
          sums);
    } else {
      rows(threads, to, x, w, groups, finish, bias, sums);
    }
    if (collects) {
      out.assign(to);
    }
    if (relusApart) {
      Elementwise.relu(Target.into(threads, out), out);
    }
    zero(out.slice(0, used, x.count()));
  }

  /**
   * out[r, n] += sum over k of x[r, k] * w[group of r, k, n], for rows of groups; other rows are
   * unchanged.
   *
   * @param workers threads to use
   * @param out {@code [r, n]} of x's dtype; overlaps no operand
   * @param x {@code [r, k]} of f32 or f64
   * @param w {@code [e, k, n]}
   * @param sizes {@code [e]}
   * @throws IllegalArgumentException as {@link #rows}, if out does not fit, or if the dtype is
   *     another; nothing is then written
   */
  public static void addRows(Workers workers, Tensor out, Tensor x, Tensor w, Tensor sizes) {
    MatrixRows all = MatrixRows.of(x);
    checkRows(all, w);
    checkAdds(w);
    long[] groups = groups(sizes, w.size(0), x.size(0));
    Shape shape = Shape.of(x.size(0), w.size(2));
    Workers threads = ready(workers, out, w.dtype(), shape, List.of(x, w, sizes));
    if (x.size(1) > 0) {
      Bias none = new Bias(Optional.empty(), 0, 0);
      rows(
          threads, out, all, w, groups, ResultScaling.PLAIN.accumulating(), none, SumOrder.FASTEST);
    }
  }

  private static void checkAdds(Tensor to) {
    if (to.dtype() != DType.F32 && to.dtype() != DType.F64) {
      throw new IllegalArgumentException(
          "grouped product: expected f32 or f64 to add to, got " + to.description());
    }
  }

  /**
   * out[e, k, n] = sum over the rows r of group e of x[r, k] * y[r, n]: the gradient of {@link
   * #rows} by w, with y the cotangent of its result.
   *
   * @param workers threads to use
   * @param x {@code [r, k]} of numbers
   * @param y {@code [r, n]} of x's dtype
   * @param sizes {@code [e]} of i32 or i64: rows of each group, their sum at most r
   * @return a fresh tensor {@code [e, k, n]} of that dtype; zeros for an empty group
   * @throws IllegalArgumentException if shapes or dtypes do not match, a size is negative or their
   *     sum is above r
   */
  public static Tensor weights(Workers workers, Tensor x, Tensor y, Tensor sizes) {
    checkWeights(MatrixRows.of(x), MatrixRows.of(y), x.dtype());
    long[] groups = groups(sizes, sizes.rank() == 1 ? sizes.size(0) : 0, x.size(0));
    Tensor out = Tensor.zeros(x.dtype(), groups.length, x.size(1), y.size(1));
    weightsInto(workers, out, x, y, sizes);
    return out;
  }

  /**
   * As {@link #weights}, into a given result.
   *
   * @param workers threads to use
   * @param out {@code [e, k, n]} of x's dtype, overwritten; overlaps no operand
   * @param x {@code [r, k]}
   * @param y {@code [r, n]}
   * @param sizes {@code [e]}
   * @throws IllegalArgumentException as {@link #weights}, or if out does not fit; nothing is then
   *     written
   */
  public static void weightsInto(Workers workers, Tensor out, Tensor x, Tensor y, Tensor sizes) {
    weightsInto(workers, out, MatrixRows.of(x), MatrixRows.of(y), sizes);
  }

  /**
   * As the other method, with rows that may be gathered while they are read.
   *
   * @param workers threads to use
   * @param out {@code [e, k, n]}, overwritten; overlaps no operand
   * @param x {@code [r, k]} of out's dtype, or of bf16 if that is f32
   * @param y {@code [r, n]} of out's dtype, or of bf16 if that is f32
   * @param sizes {@code [e]}
   * @throws IllegalArgumentException as the other
   */
  public static void weightsInto(
      Workers workers, Tensor out, MatrixRows x, MatrixRows y, Tensor sizes) {
    weightsInto(workers, SumOrder.FASTEST, out, x, y, sizes);
  }

  /**
   * As {@link #weightsInto(Workers, Tensor, MatrixRows, MatrixRows, Tensor)}, with an order of
   * sums: with {@link SumOrder#TREE}, each group has the bits of {@code rk,rn->kn} over its rows,
   * from the first.
   *
   * <p>Rows of a group may have parts: with {@link SumOrder#TREE} the sum of each part is one
   * chain, and parts are added by the tree of their numbers, as the indices of {@code p} are in
   * {@code prk,prn->kn}. A part without rows changes nothing.
   *
   * @param workers threads to use
   * @param sums the order of floating-point sums
   * @param out {@code [e, k, n]}; overwritten; of f32 or f64 if there are parts
   * @param x {@code [r, k]}
   * @param y {@code [r, n]}
   * @param sizes {@code [e]}, or {@code [e, p]} of parts
   * @throws IllegalArgumentException as {@link #weightsInto(Workers, Tensor, MatrixRows,
   *     MatrixRows, Tensor)}
   */
  public static void weightsInto(
      Workers workers, SumOrder sums, Tensor out, MatrixRows x, MatrixRows y, Tensor sizes) {
    checkWeights(x, y, out.dtype());
    List<int[]> parts = sizes.rank() == 2 ? parts(out, sizes, x.count()) : List.of();
    long[] groups =
        sizes.rank() == 2
            ? parts.stream().mapToLong(each -> Arrays.stream(each).asLongStream().sum()).toArray()
            : groups(sizes, sizes.rank() == 1 ? sizes.size(0) : 0, x.count());
    Shape shape = Shape.of(groups.length, x.width(), y.width());
    Workers threads =
        ready(workers, out, out.dtype(), shape, List.of(x.source(), y.source(), sizes));
    for (int group = 0; group < groups.length; group++) {
      if (groups[group] == 0) {
        zero(out.select(0, group));
      }
    }
    if (shape.elementCount() == 0) {
      return;
    }
    if (sizes.rank() == 2 && sums.leaf() > 0) {
      Side to = weights(out);
      steps(threads, out, groups, sums)
          .weights(to, x.byTerms(), y.byColumns(), x.width(), y.width(), parts);
    } else if (roundsOften(out, LongStream.of(groups).max().orElse(0))) {
      collectedWeights(threads, out, x, y, groups, sums);
    } else {
      weights(threads, out, x, y, groups, ResultScaling.PLAIN, sums);
    }
  }

  /**
   * out[e, k, n] += sum over the rows r of group e of x[r, k] * y[r, n].
   *
   * @param workers threads to use
   * @param out {@code [e, k, n]} of f32 or f64; overlaps no operand
   * @param x {@code [r, k]} of out's dtype
   * @param y {@code [r, n]} of out's dtype
   * @param sizes {@code [e]}
   * @throws IllegalArgumentException as {@link #weights}, if out does not fit, or if the dtype is
   *     another; nothing is then written
   */
  public static void addWeights(Workers workers, Tensor out, Tensor x, Tensor y, Tensor sizes) {
    addWeights(workers, out, MatrixRows.of(x), MatrixRows.of(y), sizes);
  }

  /**
   * As the other method, with rows that may be gathered while they are read.
   *
   * @param workers threads to use
   * @param out {@code [e, k, n]} of f32 or f64; overlaps no operand
   * @param x {@code [r, k]} of out's dtype, or of bf16 if that is f32
   * @param y {@code [r, n]} of out's dtype, or of bf16 if that is f32
   * @param sizes {@code [e]}
   * @throws IllegalArgumentException as the other
   */
  public static void addWeights(
      Workers workers, Tensor out, MatrixRows x, MatrixRows y, Tensor sizes) {
    checkWeights(x, y, out.dtype());
    checkAdds(out);
    long[] groups = groups(sizes, sizes.rank() == 1 ? sizes.size(0) : 0, x.count());
    Shape shape = Shape.of(groups.length, x.width(), y.width());
    Workers threads =
        ready(workers, out, out.dtype(), shape, List.of(x.source(), y.source(), sizes));
    if (shape.elementCount() > 0) {
      weights(threads, out, x, y, groups, ResultScaling.PLAIN.accumulating(), SumOrder.FASTEST);
    }
  }

  /** Computes one matrix after another, each summed in f32 and then rounded. */
  private static void collectedWeights(
      Workers threads, Tensor out, MatrixRows x, MatrixRows y, long[] groups, SumOrder order) {
    Tensor sums = Tensor.zeros(DType.F32, 1, x.width(), y.width());
    long from = 0;
    for (int group = 0; group < groups.length; group++) {
      long to = from + groups[group];
      if (to > from) {
        long[] rows = {groups[group]};
        MatrixRows some = x.slice(from, to);
        weights(threads, sums, some, y.slice(from, to), rows, ResultScaling.PLAIN, order);
        out.select(0, group).assign(sums.select(0, 0));
      }
      from = to;
    }
  }

  private static void weights(
      Workers threads,
      Tensor out,
      MatrixRows x,
      MatrixRows y,
      long[] groups,
      ResultScaling finish,
      SumOrder sums) {
    steps(threads, out, groups, sums)
        .weights(weights(out), x.byTerms(), y.byColumns(), x.width(), y.width(), finish);
  }

  private static Side weights(Tensor out) {
    return new Side(ArrayRef.of(out), out.stride(0), 0, out.stride(1), out.stride(2));
  }

  private static GroupedSteps steps(Workers threads, Tensor out, long[] groups, SumOrder sums) {
    return new GroupedSteps(ComputeType.of(out.dtype()), groups, threads, sums.leaf());
  }

  /** Whether sums of this many terms would be rounded to bf16 more than once. */
  private static boolean roundsOften(Tensor out, long terms) {
    return out.dtype() == DType.BF16
        && terms > KernelSelection.best().gemm().floats().blocking().k();
  }

  private static void rows(
      Workers threads,
      Tensor out,
      MatrixRows x,
      Tensor w,
      long[] groups,
      ResultScaling finish,
      Bias bias,
      SumOrder sums) {
    if (out.shape().elementCount() == 0) {
      return;
    }
    Side to = new Side(ArrayRef.of(out), 0, out.stride(0), 0, out.stride(1));
    Side right = new Side(ArrayRef.of(w), w.stride(0), 0, w.stride(1), w.stride(2));
    new GroupedSteps(ComputeType.of(w.dtype()), groups, threads, sums.leaf())
        .rows(to, x.byTerms(), right, x.width(), w.size(2), finish, bias.group(), bias.n());
  }

  private record Bias(Optional<ArrayRef> slot, long group, long n) {}

  private static Bias bias(Epilogue epilogue, long groups, long n) {
    if (epilogue.bias().isEmpty()) {
      return new Bias(Optional.empty(), 0, 0);
    }
    Tensor tensor = epilogue.bias().get().tensor();
    List<String> labels = new ArrayList<>();
    epilogue.bias().get().term().axes().forEach(axis -> labels.add(axis.label()));
    long[] strides = {0, 0};
    for (int axis = 0; axis < labels.size(); axis++) {
      int side = List.of("e", "n").indexOf(labels.get(axis));
      boolean fits =
          side >= 0
              && labels.size() == tensor.rank()
              && labels.indexOf(labels.get(axis)) == axis
              && tensor.size(axis) == (side == 0 ? groups : n);
      if (!fits) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "grouped product: expected a bias with labels e of size %d and n of"
                    + " size %d, or one of them, got %s of %s",
                groups,
                n,
                labels,
                tensor.description()));
      }
      strides[side] = tensor.stride(axis);
    }
    if (tensor.rank() != labels.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "grouped product: expected a bias with an axis for each label, got %s of %s",
              labels,
              tensor.description()));
    }
    return new Bias(Optional.of(ArrayRef.of(tensor)), strides[0], strides[1]);
  }

  private static List<Tensor> operands(Epilogue epilogue, Tensor... given) {
    List<Tensor> all = new ArrayList<>(List.of(given));
    epilogue.bias().ifPresent(bias -> all.add(bias.tensor()));
    return all;
  }

  private static Workers ready(
      Workers workers, Tensor out, DType dtype, Shape shape, List<Tensor> operands) {
    String name = "grouped product";
    OperandChecks.out(name, out, dtype, shape);
    operands.forEach(operand -> OperandChecks.apart(name, out, operand));
    List<Tensor> all = new ArrayList<>(operands);
    all.add(out);
    return OperandChecks.reachable(name, workers, all.toArray(Tensor[]::new));
  }

  /** Whether rows have the product's dtype, or are widened to it while they are read. */
  private static boolean fits(MatrixRows rows, DType dtype) {
    return rows.dtype() == dtype || (rows.dtype() == DType.BF16 && dtype == DType.F32);
  }

  private static void checkRows(MatrixRows x, Tensor w) {
    boolean fits = w.rank() == 3 && x.width() == w.size(1);
    if (!fits || !fits(x, w.dtype()) || w.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          "grouped product: expected x [r, k] and w [e, k, n] of one dtype of numbers, got "
              + x
              + " and "
              + w.description());
    }
  }

  private static void checkWeights(MatrixRows x, MatrixRows y, DType dtype) {
    boolean fits = x.count() == y.count() && fits(x, dtype) && fits(y, dtype);
    if (!fits || dtype == DType.BOOL) {
      throw new IllegalArgumentException(
          "grouped product: expected x [r, k] and y [r, n] of numbers, and of the result's dtype "
              + dtype
              + ", got "
              + x
              + " and "
              + y);
    }
  }

  private static long[] groups(Tensor sizes, long count, long rows) {
    boolean integers = sizes.dtype() == DType.I32 || sizes.dtype() == DType.I64;
    if (!integers || sizes.rank() != 1 || sizes.size(0) != count) {
      throw new IllegalArgumentException(
          "grouped product: expected sizes of i32 or i64, one for each group, "
              + count
              + " in all, got "
              + sizes.description());
    }
    long[] groups = sizes.toLongArray();
    long left = rows;
    for (int group = 0; group < groups.length; group++) {
      if (groups[group] < 0 || groups[group] > left) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "grouped product: expected sizes of at least 0 with a sum of at most"
                    + " %d rows, got %d for group %d with %d rows left",
                rows,
                groups[group],
                group,
                left));
      }
      left -= groups[group];
    }
    return groups;
  }

  /** The rows of each part of each group. */
  private static List<int[]> parts(Tensor out, Tensor sizes, long rows) {
    checkAdds(out);
    int count = Math.toIntExact(sizes.size(1));
    Tensor all = sizes.copy().reshape(sizes.shape().elementCount());
    long[] flat = groups(all, all.size(0), rows);
    List<int[]> parts = new ArrayList<>();
    for (int group = 0; group < sizes.size(0); group++) {
      int[] own = new int[count];
      Arrays.setAll(own, part -> Math.toIntExact(flat[parts.size() * count + part]));
      parts.add(own);
    }
    return parts;
  }

  private static void zero(Tensor out) {
    out.assign(Tensor.zeros(out.dtype()).broadcastTo(out.shape()));
  }

  private static long sum(long[] groups) {
    long sum = 0;
    for (long rows : groups) {
      sum += rows;
    }
    return sum;
  }
}
