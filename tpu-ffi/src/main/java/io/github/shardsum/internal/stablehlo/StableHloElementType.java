package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.tensor.DType;

/** The element types that are emitted: those of tensors, and the words of random numbers. */
enum StableHloElementType {
  F32("f32", 32),
  F64("f64", 64),
  BF16("bf16", 16),
  I32("i32", 32),
  I64("i64", 64),
  BOOL("i1", 8),
  UI64("ui64", 64);

  private final String text;
  private final int bits;

  StableHloElementType(String text, int bits) {
    this.text = text;
    this.bits = bits;
  }

  static StableHloElementType of(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case F64 -> F64;
      case BF16 -> BF16;
      case I32 -> I32;
      case I64 -> I64;
      case BOOL -> BOOL;
    };
  }

  int bits() {
    return bits;
  }

  boolean isFloating() {
    return this == F32 || this == F64 || this == BF16;
  }

  /** The kind of comparison, as {@code stablehlo.compare} names it. */
  String comparison() {
    return switch (this) {
      case F32, F64, BF16 -> "FLOAT";
      case I32, I64 -> "SIGNED";
      case BOOL, UI64 -> "UNSIGNED";
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
