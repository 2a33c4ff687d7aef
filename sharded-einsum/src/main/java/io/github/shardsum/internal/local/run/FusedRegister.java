package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.DType;

/** Type of the register in which a block of elements is computed. */
public enum FusedRegister {
  /** For f32, and for bf16, which is rounded after each operation. */
  FLOAT,
  /** f64. */
  DOUBLE,
  /** For i32 and i64, which wrap after each operation. */
  LONG,
  /** For bool, as 0 and 1. */
  BYTE;

  static FusedRegister of(DType dtype) {
    return switch (dtype) {
      case F32, BF16 -> FLOAT;
      case F64 -> DOUBLE;
      case I32, I64 -> LONG;
      case BOOL -> BYTE;
    };
  }
}
