package io.github.shardsum.internal.local.run;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;

/** Operations on blocks of bools, which are 0 and 1, from array to array. */
final class ByteBlocks {
  private ByteBlocks() {}

  static void binary(BinaryKind kind, byte[] x, byte[] y, byte[] z, int zAt, int n) {
    switch (kind) {
      case AND -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] & y[i]);
        }
      }
      case OR -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] | y[i]);
        }
      }
      case XOR -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = (byte) (x[i] ^ y[i]);
        }
      }
      case ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, POWER, MAXIMUM, MINIMUM ->
          throw new IllegalStateException("dtype must have numbers");
    }
  }

  static void compare(Comparison relation, byte[] x, byte[] y, byte[] z, int zAt, int n) {
    for (int i = 0; i < n; i++) {
      boolean holds =
          switch (relation) {
            case EQ -> x[i] == y[i];
            case NE -> x[i] != y[i];
            case LT -> x[i] < y[i];
            case LE -> x[i] <= y[i];
            case GT -> x[i] > y[i];
            case GE -> x[i] >= y[i];
          };
      z[zAt + i] = (byte) (holds ? 1 : 0);
    }
  }

  static void select(byte[] c, int cAt, byte[] x, byte[] y, byte[] z, int zAt, int n) {
    for (int i = 0; i < n; i++) {
      z[zAt + i] = c[cAt + i] == 0 ? y[i] : x[i];
    }
  }
}
