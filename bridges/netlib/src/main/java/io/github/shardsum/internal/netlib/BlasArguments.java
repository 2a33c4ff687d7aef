package io.github.shardsum.internal.netlib;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The arguments of BLAS: its letters, and its vectors and matrices as views of arrays. */
final class BlasArguments {
  private BlasArguments() {}

  /** Whether the argument asks for a transposed matrix; empty if it is none of BLAS's letters. */
  static Optional<Boolean> turned(String trans) {
    return word(trans, 'N', 'T').or(() -> word(trans, 'N', 'C'));
  }

  static Optional<Boolean> lower(String uplo) {
    return word(uplo, 'U', 'L');
  }

  static Optional<Boolean> left(String side) {
    return word(side, 'R', 'L');
  }

  static boolean isDiagonal(String diag) {
    return word(diag, 'N', 'U').isPresent();
  }

  private static Optional<Boolean> word(String word, char no, char yes) {
    char first = word.isEmpty() ? ' ' : Character.toUpperCase(word.charAt(0));
    return first == no || first == yes ? Optional.of(first == yes) : Optional.empty();
  }

  /**
   * Whether a matrix exceeds its array. netlib reports this before any work; a blocked algorithm
   * would find out late.
   */
  static boolean isShort(int length, int offset, int rows, int columns, int leading) {
    return offset < 0
        || (Math.min(rows, columns) > 0 && offset + (columns - 1L) * leading + rows > length);
  }

  static BlasMatrix oriented(boolean turned, BlasMatrix matrix) {
    return turned ? matrix.transposed() : matrix;
  }

  /** A vector as BLAS has it: with a negative step its first element is the last in memory. */
  static Tensor vector(MemorySegment memory, DType dtype, int n, int offset, int step) {
    long first = step > 0 ? offset : offset - (n - 1L) * step;
    BlasMatrix.checkInside(first, first + (n - 1L) * step, memory, dtype);
    return Tensor.ofStrided(dtype, memory, first, Shape.of(n), step);
  }
}
