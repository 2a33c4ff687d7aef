package io.github.shardsum.internal.local;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;

/** Operations on blocks of floats, from array to array; the compiler makes vector code of them. */
final class FloatBlocks {
  private FloatBlocks() {}

  static void unary(UnaryKind kind, float[] x, int at, float[] z, int n) {
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
          z[i] = (float) Math.sqrt(x[at + i]);
        }
      }
      case RSQRT -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) (1 / Math.sqrt(x[at + i]));
        }
      }
      case FLOOR -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) Math.floor(x[at + i]);
        }
      }
      case EXP, LOG, TANH, LOGISTIC, SINE, COSINE -> transcendental(kind, x, at, z, n);
      case NOT -> throw new IllegalStateException("bool is wanted");
    }
  }

  private static void transcendental(UnaryKind kind, float[] x, int at, float[] z, int n) {
    switch (kind) {
      case EXP -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) Math.exp(x[at + i]);
        }
      }
      case LOG -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) Math.log(x[at + i]);
        }
      }
      case TANH -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) Math.tanh(x[at + i]);
        }
      }
      case LOGISTIC -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) (1 / (1 + Math.exp(-(double) x[at + i])));
        }
      }
      case SINE -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) Math.sin(x[at + i]);
        }
      }
      case COSINE -> {
        for (int i = 0; i < n; i++) {
          z[i] = (float) Math.cos(x[at + i]);
        }
      }
      case NEGATE, ABS, SIGN, RELU, SQRT, RSQRT, FLOOR, NOT ->
          throw new IllegalStateException("not transcendental: " + kind);
    }
  }

  static void binary(BinaryKind kind, float[] x, int at, float[] y, int yAt, float[] z, int n) {
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
          z[i] = (float) Math.pow(x[at + i], y[yAt + i]);
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

  static void compare(Comparison relation, float[] x, int at, float[] y, int yAt, long[] z, int n) {
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

  static void select(long[] c, int at, float[] x, int xAt, float[] y, int yAt, float[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] = c[at + i] != 0 ? x[xAt + i] : y[yAt + i];
    }
  }
}
