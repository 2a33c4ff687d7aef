package io.github.shardsum.internal.netlib;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Products of matrices by einsums, and blocked algorithms made of such products. All run on the
 * calling thread. Einsums are compiled once for each shape, and at most {@value #KEPT} of them are
 * kept. Thread-safe.
 */
public final class BlasProducts {
  private static final int KEPT = 512;

  /** Columns of a block. The triangles of all blocks cost BLOCK / rows of the work. */
  private static final int BLOCK = 64;

  private static final EinsumOptions OPTIONS =
      EinsumOptions.defaults().withWorkers(Workers.sequential());

  private final ConcurrentMap<Key, Einsum> compiled = new ConcurrentHashMap<>();

  /** None compiled yet. */
  public BlasProducts() {}

  private record Key(String equation, List<OperandSpec> operands) {}

  /** Solves a triangular system with one diagonal block. */
  public interface Diagonal {
    /**
     * Solves {@code block x = right}.
     *
     * @param block a triangle, column by column without gaps
     * @param right x after the call, column by column without gaps
     */
    void solve(BlasMatrix block, BlasMatrix right);
  }

  /**
   * {@code out = alpha einsum + beta out}. Operands may overlap the memory of the result; they are
   * copied then.
   *
   * @param alpha factor of the einsum
   * @param beta factor of the previous contents of out; 0 does not read them
   * @param out the result
   * @param operands one or two
   */
  public void run(String equation, double alpha, double beta, Tensor out, Tensor... operands) {
    for (int i = 0; i < operands.length; i++) {
      operands[i] = operands[i].overlaps(out) ? operands[i].copy() : operands[i];
    }
    if (compiled.size() >= KEPT) {
      compiled.clear();
    }
    Key key = new Key(equation, List.of(OperandSpec.like(operands)));
    compiled
        .computeIfAbsent(key, _ -> Einsum.compile(equation, OPTIONS, OperandSpec.like(operands)))
        .runInto(alpha, beta, out, operands);
  }

  /**
   * {@code c = alpha a b + beta c}.
   *
   * @param alpha factor of the product
   * @param a {@code [m, k]}
   * @param b {@code [k, n]}
   * @param beta factor of c; 0 does not read it
   * @param c {@code [m, n]}
   */
  public void product(double alpha, BlasMatrix a, BlasMatrix b, double beta, BlasMatrix c) {
    // Columns of c are rows of its transpose, which is in C order if c has no gaps.
    run(
        "nk,km->nm",
        alpha,
        beta,
        c.transposed().tensor(),
        b.transposed().tensor(),
        a.transposed().tensor());
  }

  /**
   * {@code y = alpha a x + beta y}.
   *
   * @param alpha factor of the product
   * @param a {@code [m, n]}
   * @param x {@code [n]}
   * @param beta factor of y; 0 does not read it
   * @param y {@code [m]}
   */
  public void product(double alpha, BlasMatrix a, Tensor x, double beta, Tensor y) {
    run("mn,n->m", alpha, beta, y, a.tensor(), x);
  }

  /**
   * {@code a = alpha x y^T + a}.
   *
   * @param alpha factor of the product
   * @param x {@code [m]}
   * @param y {@code [n]}
   * @param a {@code [m, n]}
   */
  public void outer(double alpha, Tensor x, Tensor y, BlasMatrix a) {
    run("n,m->nm", alpha, 1, a.transposed().tensor(), y, x);
  }

  /**
   * {@code c = alpha a a^T + beta c} in one triangle; the other is neither read nor written.
   *
   * @param lower whether the lower triangle is stored
   * @param alpha factor of the product
   * @param a {@code [n, k]}
   * @param beta factor of c; 0 does not read it
   * @param c {@code [n, n]}
   */
  public void rankUpdate(boolean lower, double alpha, BlasMatrix a, double beta, BlasMatrix c) {
    int n = c.rows();
    for (int from = 0; from < n; from += BLOCK) {
      int to = Math.min(n, from + BLOCK);
      BlasMatrix rows = a.part(from, to, 0, a.columns());
      BlasMatrix square = BlasMatrix.zeros(c.dtype(), to - from, to - from);
      product(alpha, rows, rows.transposed(), 0, square);
      addTriangle(lower, square, beta, c.part(from, to, from, to));
      int first = lower ? to : 0;
      int last = lower ? n : from;
      if (first < last) {
        BlasMatrix others = a.part(first, last, 0, a.columns());
        product(alpha, others, rows.transposed(), beta, c.part(first, last, from, to));
      }
    }
  }

  private static void addTriangle(boolean lower, BlasMatrix square, double beta, BlasMatrix c) {
    for (int column = 0; column < c.columns(); column++) {
      int first = lower ? column : 0;
      int last = lower ? c.rows() : column + 1;
      for (int row = first; row < last; row++) {
        double old = beta == 0 ? 0 : beta * c.get(row, column);
        c.set(row, column, old + square.get(row, column));
      }
    }
  }

  /**
   * Completes a symmetric matrix from its stored triangle.
   *
   * @param lower whether the lower triangle is stored
   * @param a {@code [n, n]}
   * @return a fresh matrix
   */
  public static BlasMatrix symmetric(boolean lower, BlasMatrix a) {
    BlasMatrix whole = BlasMatrix.zeros(a.dtype(), a.rows(), a.columns());
    for (int column = 0; column < a.columns(); column++) {
      int first = lower ? column : 0;
      int last = lower ? a.rows() : column + 1;
      for (int row = first; row < last; row++) {
        double value = a.get(row, column);
        whole.set(row, column, value);
        whole.set(column, row, value);
      }
    }
    return whole;
  }

  /**
   * {@code b = alpha b}.
   *
   * @param alpha the factor; 0 does not read b
   * @param b any matrix
   */
  public static void scale(double alpha, BlasMatrix b) {
    for (int column = 0; column < b.columns() && alpha != 1; column++) {
      for (int row = 0; row < b.rows(); row++) {
        b.set(row, column, alpha == 0 ? 0 : alpha * b.get(row, column));
      }
    }
  }

  /**
   * {@code c = beta c} in one triangle.
   *
   * @param lower whether the lower triangle is stored
   * @param beta the factor; 0 does not read c
   * @param c {@code [n, n]}
   */
  public static void scaleTriangle(boolean lower, double beta, BlasMatrix c) {
    addTriangle(lower, BlasMatrix.zeros(c.dtype(), c.rows(), c.columns()), beta, c);
  }

  /**
   * The Euclidean norm of a vector whose squares are out of range.
   *
   * @param vector {@code [n]}
   */
  public static double scaledNorm(Tensor vector) {
    double[] values = vector.toDoubleArray();
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    if (largest == 0 || !Double.isFinite(largest)) {
      return largest;
    }
    double squares = 0;
    for (double value : values) {
      squares += value / largest * (value / largest);
    }
    return largest * Math.sqrt(squares);
  }

  /**
   * Solves {@code t x = b} for a triangular t; x overwrites b. After each block, its share is
   * subtracted from the remaining rows.
   *
   * @param lower whether t is a lower triangle
   * @param t {@code [m, m]}
   * @param b {@code [m, n]}
   * @param diagonal solves a diagonal block of t for its rows of b
   */
  public void solve(boolean lower, BlasMatrix t, BlasMatrix b, Diagonal diagonal) {
    int m = t.rows();
    int blocks = Math.ceilDiv(m, BLOCK);
    for (int i = 0; i < blocks; i++) {
      int from = (lower ? i : blocks - 1 - i) * BLOCK;
      int to = Math.min(m, from + BLOCK);
      BlasMatrix solved = b.part(from, to, 0, b.columns());
      BlasMatrix packed = solved.packed();
      diagonal.solve(t.part(from, to, from, to).packed(), packed);
      solved.tensor().assign(packed.tensor());
      int first = lower ? to : 0;
      int last = lower ? m : from;
      if (first < last) {
        BlasMatrix rest = b.part(first, last, 0, b.columns());
        product(-1, t.part(first, last, from, to), packed, 1, rest);
      }
    }
  }
}
