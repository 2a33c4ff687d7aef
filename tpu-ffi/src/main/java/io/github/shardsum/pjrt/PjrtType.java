package io.github.shardsum.pjrt;

import io.github.shardsum.tensor.DType;
import java.util.Optional;

/**
 * Element type of a device buffer, in the order of {@code PJRT_Buffer_Type}.
 *
 * <p>Tensors of this library have f32, f64, bf16, i32, i64 or bool. Other types are transferred as
 * bytes; types of less than a byte cannot be transferred.
 */
public enum PjrtType {
  /** No type. */
  INVALID(0),
  /** Boolean, one byte each. */
  PRED(8),
  /** Signed 8-bit integer. */
  S8(8),
  /** Signed 16-bit integer. */
  S16(16),
  /** Signed 32-bit integer. */
  S32(32),
  /** Signed 64-bit integer. */
  S64(64),
  /** Unsigned 8-bit integer. */
  U8(8),
  /** Unsigned 16-bit integer. */
  U16(16),
  /** Unsigned 32-bit integer. */
  U32(32),
  /** Unsigned 64-bit integer. */
  U64(64),
  /** IEEE 754 binary16. */
  F16(16),
  /** IEEE 754 binary32. */
  F32(32),
  /** IEEE 754 binary64. */
  F64(64),
  /** The upper half of a binary32. */
  BF16(16),
  /** Two binary32. */
  C64(64),
  /** Two binary64. */
  C128(128),
  /** 8-bit float, 5 bits of exponent. */
  F8E5M2(8),
  /** 8-bit float, 4 bits of exponent, no infinities. */
  F8E4M3FN(8),
  /** 8-bit float, 4 bits of exponent, bias 11, no negative zero. */
  F8E4M3B11FNUZ(8),
  /** 8-bit float, 5 bits of exponent, no negative zero. */
  F8E5M2FNUZ(8),
  /** 8-bit float, 4 bits of exponent, no negative zero. */
  F8E4M3FNUZ(8),
  /** Signed 4-bit integer. */
  S4(4),
  /** Unsigned 4-bit integer. */
  U4(4),
  /** A token that orders side effects and has no data. */
  TOKEN(0),
  /** Signed 2-bit integer. */
  S2(2),
  /** Unsigned 2-bit integer. */
  U2(2),
  /** 8-bit float, 4 bits of exponent, with infinities. */
  F8E4M3(8),
  /** 8-bit float, 3 bits of exponent. */
  F8E3M4(8),
  /** 8-bit power of two. */
  F8E8M0FNU(8),
  /** 4-bit float. */
  F4E2M1FN(4),
  /** Signed 1-bit integer. */
  S1(1),
  /** Unsigned 1-bit integer. */
  U1(1),
  /** 6-bit float, 2 bits of exponent. */
  F6E2M3FN(6),
  /** 6-bit float, 3 bits of exponent. */
  F6E3M2FN(6);

  private final int bits;

  PjrtType(int bits) {
    this.bits = bits;
  }

  /**
   * Size of one element.
   *
   * @return bits; 0 for a type without data
   */
  public int bits() {
    return bits;
  }

  /**
   * Whether elements of the type are whole bytes in host memory.
   *
   * @return false for types of less than 8 bits and for types without data
   */
  public boolean isBytewise() {
    return bits >= Byte.SIZE;
  }

  /**
   * The number in the C API.
   *
   * @return the number
   */
  public int number() {
    return ordinal();
  }

  /**
   * The type with a number.
   *
   * @param number the number in the C API
   * @return the type
   * @throws PjrtException if the type is newer than this library
   */
  public static PjrtType of(int number) {
    if (number < 0 || number >= values().length) {
      throw new PjrtException(
          PjrtCode.UNIMPLEMENTED,
          "PJRT_Buffer_Type",
          "expected a type from 0 to "
              + (values().length - 1)
              + ", got "
              + number
              + " from the plugin; use a newer Shardsum");
    }
    return values()[number];
  }

  /**
   * The type of a tensor's elements on a device.
   *
   * @param dtype the tensor's dtype
   * @return the type
   */
  public static PjrtType of(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case F64 -> F64;
      case BF16 -> BF16;
      case I32 -> S32;
      case I64 -> S64;
      case BOOL -> PRED;
    };
  }

  /**
   * The dtype of a tensor with elements of this type.
   *
   * @return the dtype, if tensors have such a dtype
   */
  public Optional<DType> dtype() {
    for (DType dtype : DType.values()) {
      if (of(dtype) == this) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }
}
