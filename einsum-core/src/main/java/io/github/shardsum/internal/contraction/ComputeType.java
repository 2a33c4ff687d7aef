package io.github.shardsum.internal.contraction;

import io.github.shardsum.tensor.DType;

/** The Java type in which a step computes. */
public enum ComputeType {
  /** For f32 and bf16. */
  FLOAT(DType.F32),
  /** For f64. */
  DOUBLE(DType.F64),
  /** For i64, i32 and bool; a bool is 0 or 1 when read and "not zero" when written. */
  LONG(DType.I64);

  private final DType dtype;

  ComputeType(DType dtype) {
    this.dtype = dtype;
  }

  /** The dtype of an intermediate. */
  public DType dtype() {
    return dtype;
  }

  /** The type in which a result of a dtype is computed. */
  public static ComputeType of(DType dtype) {
    return switch (dtype) {
      case F32, BF16 -> FLOAT;
      case F64 -> DOUBLE;
      case I32, I64, BOOL -> LONG;
    };
  }
}
