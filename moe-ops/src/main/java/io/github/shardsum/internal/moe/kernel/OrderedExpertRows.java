package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The rows of a layer's experts, in the order of experts, then groups, then slots; and sums of f32
 * over these rows in a fixed order. An instance keeps its memory for the next run.
 */
final class OrderedExpertRows {
  private static final int TASKS_A_THREAD = 4;
  private static final int BLOCK = 1024;

  /** An estimate of the nanoseconds for one element on one thread. */
  private static final double ELEMENT_NANOS = 1.2;

  /** The bits of an exponent; a NaN or an infinity has all of them. */
  private static final int EXPONENT = 0x7f800000;

  private ExpertsForm form =
      new ExpertsForm(0, 0, 0, 0, 0, 0, 0, DType.F32, Activation.RELU, false);
  private int[] choiceOfSlot = {};
  private int[] choices = {};
  private int[] rowOfChoice = {};
  private int[] positionOfChoice = {};

  /** The first row of each group of each expert; at the end, the number of all rows. */
  private int[] starts = {0};

  private float[][] matrices = new float[5][0];

  /** Sorts the choices; false if two of them have the same slot. */
  boolean sort(ExpertsForm of, Tensor positions) {
    form = of;
    int all = form.groups() * form.tokens() * form.choices();
    int ofGroup = form.experts() * form.capacity();
    choiceOfSlot = grown(choiceOfSlot, form.groups() * ofGroup);
    rowOfChoice = grown(rowOfChoice, all);
    positionOfChoice = grown(positionOfChoice, all);
    choices = grown(choices, all);
    starts = grown(starts, form.experts() * form.groups() + 1);
    Arrays.fill(choiceOfSlot, 0, form.groups() * ofGroup, -1);
    double[] numbers = new double[form.choices()];
    TokenElements given = TokenElements.of(positions);
    for (int group = 0, choice = 0; group < form.groups(); group++) {
      for (int token = 0; token < form.tokens(); token++) {
        given.load(group, token, numbers, 0);
        for (double number : numbers) {
          int position = number < 0 || number >= ofGroup ? -1 : (int) number;
          positionOfChoice[choice] = position;
          rowOfChoice[choice] = -1;
          if (position >= 0) {
            if (choiceOfSlot[group * ofGroup + position] >= 0) {
              return false;
            }
            choiceOfSlot[group * ofGroup + position] = choice;
          }
          choice++;
        }
      }
    }
    number(ofGroup);
    return true;
  }

  private void number(int ofGroup) {
    int row = 0;
    for (int expert = 0; expert < form.experts(); expert++) {
      for (int group = 0; group < form.groups(); group++) {
        starts[expert * form.groups() + group] = row;
        int from = group * ofGroup + expert * form.capacity();
        for (int slot = from; slot < from + form.capacity(); slot++) {
          if (choiceOfSlot[slot] >= 0) {
            rowOfChoice[choiceOfSlot[slot]] = row;
            choices[row++] = choiceOfSlot[slot];
          }
        }
      }
    }
    starts[form.experts() * form.groups()] = row;
  }

  private static int[] grown(int[] array, int length) {
    return array.length < length ? new int[length] : array;
  }

  private int count() {
    return starts[form.experts() * form.groups()];
  }

  /** The first row of an expert. */
  int start(int expert) {
    return starts[expert * form.groups()];
  }

  /** The number of rows of each expert. */
  Tensor ofExperts() {
    long[] sizes = new long[form.experts()];
    Arrays.setAll(sizes, expert -> start(expert + 1) - start(expert));
    return Tensor.of(sizes, sizes.length);
  }

  /** The number of rows of an expert in each group, {@code [1, groups]}. */
  Tensor ofGroups(int expert) {
    long[] sizes = new long[form.groups()];
    Arrays.setAll(sizes, group -> size(expert, group));
    return Tensor.of(sizes, 1, sizes.length);
  }

  private int size(int expert, int group) {
    int at = expert * form.groups() + group;
    return starts[at + 1] - starts[at];
  }

  /**
   * A matrix with one row for each row of the experts. Calls with the same number give the same
   * memory.
   */
  Tensor matrix(int number, int width) {
    int length = Math.toIntExact(form.rows() * width);
    if (matrices[number].length < length) {
      matrices[number] = new float[length];
    }
    return of(matrices[number], (long) count() * width).reshape(count(), width);
  }

  private static Tensor of(float[] array, long length) {
    return Tensor.of(array, array.length).slice(0, 0, length);
  }

  /** Work on the items of a range. */
  @FunctionalInterface
  private interface Some {
    boolean run(int from, int to, float[] spare);
  }

  /**
   * Runs work on all items; false if the work on any range of items returns false.
   *
   * @param width the number of elements in an item
   */
  private static boolean all(Workers workers, int items, long width, int spare, Some work) {
    boolean areShared = workers.areWorthwhile(items * width * ELEMENT_NANOS);
    int tasks = areShared ? Math.min(items, TASKS_A_THREAD * workers.parallelism()) : 1;
    AtomicBoolean every = new AtomicBoolean(true);
    workers.run(
        tasks,
        (task, scratch) -> {
          float[] own = scratch.floats(ExpertScratchArray.TOKEN_SUM.slot(), spare);
          int from = (int) ((long) items * task / tasks);
          int to = (int) ((long) items * (task + 1) / tasks);
          if (!work.run(from, to, own)) {
            every.set(false);
          }
        });
    return every.get();
  }

  /** Whether all elements are finite. */
  static boolean isFinite(Workers workers, Tensor tensor) {
    return has(workers, tensor, OrderedExpertRows::isFinite);
  }

  /** Whether all elements are finite and none is -0. */
  static boolean isFiniteWithoutNegativeZero(Workers workers, Tensor tensor) {
    return has(workers, tensor, OrderedExpertRows::isFiniteWithoutNegativeZero);
  }

  private static boolean isFinite(float[] values, int n) {
    int found = 0;
    for (int i = 0; i < n; i++) {
      found |= ifZero((Float.floatToRawIntBits(values[i]) & EXPONENT) ^ EXPONENT);
    }
    return found >= 0;
  }

  private static boolean isFiniteWithoutNegativeZero(float[] values, int n) {
    int found = 0;
    for (int i = 0; i < n; i++) {
      int bits = Float.floatToRawIntBits(values[i]);
      found |= ifZero((bits & EXPONENT) ^ EXPONENT) | ifZero(bits ^ Integer.MIN_VALUE);
    }
    return found >= 0;
  }

  /** A condition on the first n elements of an array. */
  @FunctionalInterface
  private interface Condition {
    boolean holds(float[] values, int n);
  }

  /** Whether a condition holds for all elements. A contiguous tensor is read as one row. */
  private static boolean has(Workers workers, Tensor tensor, Condition condition) {
    Tensor rows = tensor.isContiguous() ? tensor.reshape(tensor.shape().elementCount()) : tensor;
    long width = rows.size(rows.rank() - 1);
    long stride = rows.stride(rows.rank() - 1);
    int blocks = Math.toIntExact(Math.ceilDiv(width, BLOCK));
    int count = blocks == 0 ? 0 : Math.toIntExact(rows.shape().elementCount() / width * blocks);
    Elements elements = Elements.of(rows);
    return all(
        workers,
        count,
        Math.min(width, BLOCK),
        BLOCK,
        (from, to, spare) -> {
          boolean holds = true;
          for (int i = from; i < to && holds; i++) {
            long column = (long) (i % blocks) * BLOCK;
            int n = (int) Math.min(BLOCK, width - column);
            elements.load(start(rows, i / blocks) + column * stride, stride, n, spare, 0);
            holds = condition.holds(spare, n);
          }
          return holds;
        });
  }

  /**
   * A number whose sign bit is set only if the argument is 0. The expression has no branch, so the
   * JVM vectorises the loops that use it.
   */
  private static int ifZero(int bits) {
    return (bits - 1) & ~bits;
  }

  /** The position of the first element of a row of a tensor; rows are numbered in C order. */
  private static long start(Tensor tensor, int row) {
    long at = 0;
    long rest = row;
    for (int axis = tensor.rank() - 2; axis >= 0; axis--) {
      at += rest % tensor.size(axis) * tensor.stride(axis);
      rest /= tensor.size(axis);
    }
    return at;
  }

  /** Copies the tokens of the rows, with +0 for -0. */
  void gather(Workers workers, Tensor tokens, Tensor to) {
    Elements elements = Elements.of(tokens);
    float[] rows = matrices[0];
    int width = Math.toIntExact(to.size(1));
    all(
        workers,
        count(),
        width,
        0,
        (from, end, _) -> {
          for (int row = from; row < end; row++) {
            long at = start(tokens, choices[row] / form.choices());
            elements.load(at, tokens.stride(2), width, rows, row * width);
            for (int i = row * width; i < (row + 1) * width; i++) {
              rows[i] += 0f;
            }
          }
          return true;
        });
  }

  /**
   * Sums the rows of each token, times their weights if there are any. The slots of an expert are
   * added in order, and experts by the tree.
   */
  void combine(Workers workers, Tensor of, Optional<Tensor> weights, Tensor out) {
    float[] rows = matrices[2];
    int width = Math.toIntExact(of.size(1));
    Elements to = Elements.of(out);
    Optional<TokenElements> factors = weights.map(TokenElements::of);
    int tokens = form.groups() * form.tokens();
    all(
        workers,
        tokens,
        (long) form.choices() * width,
        (form.choices() + 1) * width,
        (from, end, stack) -> {
          int[] order = new int[form.choices()];
          double[] factor = new double[form.choices()];
          Arrays.fill(factor, 1);
          int[] experts = new int[form.choices() + 1];
          for (int token = from; token < end; token++) {
            int first = token * form.choices();
            factors.ifPresent(
                all ->
                    all.load(
                        first / form.choices() / form.tokens(),
                        first / form.choices() % form.tokens(),
                        factor,
                        0));
            sum(rows, width, order(order, first), order, first, factor, experts, stack);
            to.store(start(out, token), out.stride(2), width, stack, 0);
          }
          return true;
        });
  }

  /** Writes a token's choices with a slot, in the order of their slots; returns their number. */
  private int order(int[] order, int first) {
    int count = 0;
    for (int choice = first; choice < first + form.choices(); choice++) {
      if (positionOfChoice[choice] < 0) {
        continue;
      }
      int at = count++;
      for (; at > 0 && positionOfChoice[order[at - 1]] > positionOfChoice[choice]; at--) {
        order[at] = order[at - 1];
      }
      order[at] = choice;
    }
    return count;
  }

  /** Sums a token's rows into the first row of the stack. */
  private void sum(
      float[] rows,
      int width,
      int count,
      int[] order,
      int first,
      double[] factor,
      int[] experts,
      float[] stack) {
    int depth = 0;
    Arrays.fill(stack, 0, width, 0);
    for (int i = 0; i < count; i++) {
      int expert = positionOfChoice[order[i]] / form.capacity();
      if (depth == 0 || experts[depth - 1] != expert) {
        while (depth > 1
            && (experts[depth - 2] ^ experts[depth - 1]) < (experts[depth - 1] ^ expert)) {
          merge(stack, width, depth - 2);
          depth--;
        }
        experts[depth] = expert;
        Arrays.fill(stack, depth * width, (depth + 1) * width, 0);
        depth++;
      }
      float weight = (float) factor[order[i] - first];
      addScaled(weight, rows, rowOfChoice[order[i]] * width, stack, (depth - 1) * width, width);
    }
    for (; depth > 1; depth--) {
      merge(stack, width, depth - 2);
    }
    for (int i = 0; i < width; i++) {
      stack[i] += 0f;
    }
  }

  private static void addScaled(
      float weight, float[] x, int at, float[] sum, int sumAt, int width) {
    for (int i = 0; i < width; i++) {
      sum[sumAt + i] = Math.fma(weight, x[at + i], sum[sumAt + i]);
    }
  }

  private static void merge(float[] stack, int width, int level) {
    int to = level * width;
    for (int i = to; i < to + width; i++) {
      stack[i] += stack[i + width];
    }
  }

  /**
   * Multiplies rows of a cotangent by their weights; false if a product underflows or is not
   * finite.
   */
  boolean weighted(Workers workers, Tensor cotangent, Tensor weights, Tensor to) {
    Elements elements = Elements.of(cotangent);
    TokenElements factors = TokenElements.of(weights);
    float[] rows = matrices[3];
    int width = Math.toIntExact(to.size(1));
    return all(
        workers,
        count(),
        width,
        0,
        (from, end, _) -> {
          boolean isExact = true;
          double[] factor = new double[form.choices()];
          for (int row = from; row < end; row++) {
            int token = choices[row] / form.choices();
            factors.load(token / form.tokens(), token % form.tokens(), factor, 0);
            float weight = (float) factor[choices[row] % form.choices()];
            elements.load(start(cotangent, token), cotangent.stride(2), width, rows, row * width);
            isExact &= times(weight, rows, row * width, width);
          }
          return isExact;
        });
  }

  /**
   * Multiplies a row by a weight; false if a product of numbers other than 0 is 0, or if a product
   * is not finite. A weight of 0 makes the row 0.
   */
  private static boolean times(float weight, float[] rows, int at, int width) {
    if (weight == 0) {
      Arrays.fill(rows, at, at + width, 0);
      return true;
    }
    int found = 0;
    for (int i = at; i < at + width; i++) {
      float product = weight * rows[i];
      int bits = Float.floatToRawIntBits(product);
      found |= ifZero(bits << 1) ^ ifZero(Float.floatToRawIntBits(rows[i]) << 1);
      found |= ifZero((bits & EXPONENT) ^ EXPONENT);
      rows[i] = product + 0f;
    }
    return found >= 0;
  }

  /**
   * Computes the cotangent of each choice's weight: the dot product of its row and its token's
   * cotangent. Returns false if the dot product of any row and any token's cotangent might
   * overflow.
   */
  boolean dots(Workers workers, Tensor cotangent, Tensor of, int leaf, Tensor out) {
    Elements elements = Elements.of(cotangent);
    TokenElements to = TokenElements.of(out);
    float[] rows = matrices[2];
    int width = Math.toIntExact(of.size(1));
    double most = Float.MAX_VALUE / (2.0 * width);
    double largest = largest(rows, count() * width);
    return all(
        workers,
        form.groups() * form.tokens(),
        (long) form.choices() * width,
        width + leaves(width, leaf),
        (from, end, spare) -> {
          boolean isExact = true;
          for (int token = from; token < end; token++) {
            elements.load(start(cotangent, token), cotangent.stride(2), width, spare, 0);
            isExact &= largest(spare, width) * largest < most;
            for (int slot = 0; slot < form.choices(); slot++) {
              int row = rowOfChoice[token * form.choices() + slot];
              float dot = row < 0 ? 0 : dot(spare, rows, row * width, width, leaf);
              to.set(token * form.choices() + slot, (double) (dot + 0f));
            }
          }
          return isExact;
        });
  }

  private static double largest(float[] values, int count) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return largest;
  }

  private static int leaves(int width, int leaf) {
    return Math.ceilDiv(width, leaf);
  }

  /**
   * The dot product of x and a row of y. The terms of a leaf are summed in one chain, and the
   * leaves by the tree. The sums of leaves are stored behind x.
   */
  private static float dot(float[] x, float[] y, int at, int width, int leaf) {
    int leaves = leaves(width, leaf);
    for (int i = 0; i < leaves; i++) {
      float sum = 0;
      for (int j = i * leaf; j < Math.min(width, (i + 1) * leaf); j++) {
        sum = Math.fma(x[j], y[at + j], sum);
      }
      x[width + i] = sum;
    }
    for (int step = 1; step < leaves; step *= 2) {
      for (int i = width; i + step < width + leaves; i += 2 * step) {
        x[i] += x[i + step];
      }
    }
    return x[width];
  }

  /** Sets cotangents to +0 where the activation is 0; false if an activation is -0. */
  boolean masked(Workers workers, Tensor of) {
    float[] h = matrices[1];
    float[] d = matrices[4];
    int width = Math.toIntExact(of.size(1));
    return all(
        workers,
        count(),
        width,
        0,
        (from, end, _) -> {
          int negative = 0;
          for (int i = from * width; i < end * width; i++) {
            int bits = Float.floatToRawIntBits(h[i]);
            negative |= bits;
            d[i] = Float.intBitsToFloat(Float.floatToRawIntBits(d[i]) & (-bits >> 31));
          }
          return negative >= 0;
        });
  }
}
