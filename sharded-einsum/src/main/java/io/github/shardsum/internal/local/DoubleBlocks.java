package io.github.shardsum.internal.local;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;

/** Operations on blocks of doubles, from array to array; the compiler makes vector code of them. */
final class DoubleBlocks {
  private DoubleBlocks() {}

  static void unary(UnaryKind kind, double[] x, int at, double[] z, int n) {
    switch (kind) {
      case NEGATE -> {
        for (int i = 0; i < n; i++) {
          z[i] = -x[at + i];
        }
      }
      case ABS -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.abs(x[at + i]);
        }
      }
      case SIGN -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.signum(x[at + i]);
        }
      }
      case RELU -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] <= 0 ? 0 : x[at + i];
        }
      }
      case SQRT -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.sqrt(x[at + i]);
        }
      }
      case RSQRT -> {
        for (int i = 0; i < n; i++) {
          z[i] = (1 / Math.sqrt(x[at + i]));
        }
      }
      case FLOOR -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.floor(x[at + i]);
        }
      }
      case EXP, LOG, TANH, LOGISTIC, SINE, COSINE -> transcendental(kind, x, at, z, n);
      case NOT -> throw new IllegalStateException("bool is wanted");
    }
  }

  private static void transcendental(UnaryKind kind, double[] x, int at, double[] z, int n) {
    switch (kind) {
      case EXP -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.exp(x[at + i]);
        }
      }
      case LOG -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.log(x[at + i]);
        }
      }
      case TANH -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.tanh(x[at + i]);
        }
      }
      case LOGISTIC -> {
        for (int i = 0; i < n; i++) {
          z[i] = (1 / (1 + Math.exp(-x[at + i])));
        }
      }
      case SINE -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.sin(x[at + i]);
        }
      }
      case COSINE -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.cos(x[at + i]);
        }
      }
      case NEGATE, ABS, SIGN, RELU, SQRT, RSQRT, FLOOR, NOT ->
          throw new IllegalStateException("not transcendental: " + kind);
    }
  }

  static void binary(BinaryKind kind, double[] x, int at, double[] y, int yAt, double[] z, int n) {
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
      case DIVIDE -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] / y[yAt + i];
        }
      }
      case REMAINDER -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[at + i] % y[yAt + i];
        }
      }
      case POWER -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.pow(x[at + i], y[yAt + i]);
        }
      }
      case MAXIMUM -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.max(x[at + i], y[yAt + i]);
        }
      }
      case MINIMUM -> {
        for (int i = 0; i < n; i++) {
          z[i] = Math.min(x[at + i], y[yAt + i]);
        }
      }
      case AND, OR, XOR -> throw new IllegalStateException("bool is wanted");
    }
  }

  static void compare(
      Comparison relation, double[] x, int at, double[] y, int yAt, long[] z, int n) {
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

  static void select(
      long[] c, int at, double[] x, int xAt, double[] y, int yAt, double[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] = c[at + i] != 0 ? x[xAt + i] : y[yAt + i];
    }
  }
}
