package io.github.shardsum.internal.local.run;

import io.github.shardsum.internal.reference.Numbers;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;

/** Operations on blocks of integers and bools, from array to array. */
final class LongBlocks {
  private LongBlocks() {}

  static void unary(UnaryKind kind, long[] x, int at, long[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] = Numbers.unary(kind, x[at + i]);
    }
  }

  static void binary(BinaryKind kind, long[] x, int at, long[] y, int yAt, long[] z, int n) {
    switch (kind) {
      case ADD -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] + y[yAt + i];
        }
      }
      case SUBTRACT -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] - y[yAt + i];
        }
      }
      case MULTIPLY -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] * y[yAt + i];
        }
      }
      case AND -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] & y[yAt + i];
        }
      }
      case OR -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] | y[yAt + i];
        }
      }
      case XOR -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] ^ y[yAt + i];
        }
      }
      case DIVIDE, REMAINDER, MAXIMUM, MINIMUM, POWER -> {
        for (int i = 0; i < n; i++) {
          z[i] = Numbers.binary(kind, x[at + i], y[yAt + i]);
        }
      }
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

  static void compare(Comparison relation, long[] x, int at, long[] y, int yAt, long[] z, int n) {
    switch (relation) {
      case EQ -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] == y[yAt + i] ? 1 : 0;
        }
      }
      case NE -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] != y[yAt + i] ? 1 : 0;
        }
      }
      case LT -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] < y[yAt + i] ? 1 : 0;
        }
      }
      case LE -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] <= y[yAt + i] ? 1 : 0;
        }
      }
      case GT -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] > y[yAt + i] ? 1 : 0;
        }
      }
      case GE -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] >= y[yAt + i] ? 1 : 0;
        }
      }
    }
  }

  static void select(long[] c, int at, long[] x, int xAt, long[] y, int yAt, long[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] = c[at + i] != 0 ? x[xAt + i] : y[yAt + i];
    }
  }
}
