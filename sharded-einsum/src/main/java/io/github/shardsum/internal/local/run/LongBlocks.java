package io.github.shardsum.internal.local.run;

import io.github.shardsum.internal.reference.ReferenceFunctions;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;

/** Operations on blocks of integers, from array to array. */
final class LongBlocks {
  private LongBlocks() {}

  static void unary(UnaryKind kind, long[] x, long[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] = ReferenceFunctions.unary(kind, x[i]);
    }
  }

  static void binary(BinaryKind kind, long[] x, long[] y, long[] z, int n) {
    switch (kind) {
      case ADD -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[i] + y[i];
        }
      }
      case SUBTRACT -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[i] - y[i];
        }
      }
      case MULTIPLY -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[i] * y[i];
        }
      }
      case DIVIDE, REMAINDER, MAXIMUM, MINIMUM, POWER -> {
        for (int i = 0; i < n; i++) {
          z[i] = ReferenceFunctions.binary(kind, x[i], y[i]);
        }
      }
      case AND, OR, XOR -> throw new IllegalStateException("dtype must be bool");
    }
  }

  /** Cuts results to the dtype. */
  static void cut(DType dtype, long[] z, int n) {
    if (dtype == DType.I32) {
      for (int i = 0; i < n; i++) {
        z[i] = (int) z[i];
      }
    }
  }

  static void compare(Comparison relation, long[] x, long[] y, byte[] z, int zAt, int n) {
    switch (relation) {
      case EQ -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] == y[i] ? 1 : 0);
        }
      }
      case NE -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] != y[i] ? 1 : 0);
        }
      }
      case LT -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] < y[i] ? 1 : 0);
        }
      }
      case LE -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] <= y[i] ? 1 : 0);
        }
      }
      case GT -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] > y[i] ? 1 : 0);
        }
      }
      case GE -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] >= y[i] ? 1 : 0);
        }
      }
    }
  }

  static void select(byte[] c, int cAt, long[] x, long[] y, long[] z, int n) {
    // By bits: a branch that goes either way at random costs ten times as much.
    for (int i = 0; i < n; i++) {
      long mask = c[cAt + i] == 0 ? 0 : -1;
      z[i] = (x[i] & mask) | (y[i] & ~mask);
    }
  }
}
