package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.DType;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Optional;

/** NumPy's dtype strings: an optional byte order and a code, as in {@code <f4}. */
public record NpyType(StoredType type, ByteOrder order) {
  /**
   * The dtypes of NumPy's codes. The bfloat16 of ml_dtypes has no code of its own: numpy.save
   * writes it as a void of two bytes, so such a void is read as bf16. Other writers use the name
   * {@code bfloat16}.
   */
  private static final Map<String, StoredType> CODES =
      Map.ofEntries(
          Map.entry("f2", StoredType.F16),
          Map.entry("f4", StoredType.F32),
          Map.entry("f8", StoredType.F64),
          Map.entry("V2", StoredType.BF16),
          Map.entry("bfloat16", StoredType.BF16),
          Map.entry("i1", StoredType.I8),
          Map.entry("i2", StoredType.I16),
          Map.entry("i4", StoredType.I32),
          Map.entry("i8", StoredType.I64),
          Map.entry("u1", StoredType.U8),
          Map.entry("u2", StoredType.U16),
          Map.entry("u4", StoredType.U32),
          Map.entry("b1", StoredType.BOOL),
          Map.entry("?", StoredType.BOOL));

  public static Optional<NpyType> parse(String descr) {
    char first = descr.isEmpty() ? ' ' : descr.charAt(0);
    boolean marked = "<>|=".indexOf(first) >= 0;
    ByteOrder order =
        switch (first) {
          case '<' -> ByteOrder.LITTLE_ENDIAN;
          case '>' -> ByteOrder.BIG_ENDIAN;
          default -> ByteOrder.nativeOrder();
        };
    return Optional.ofNullable(CODES.get(marked ? descr.substring(1) : descr))
        .map(type -> new NpyType(type, order));
  }

  /** The text of the error for a dtype string that is not read. */
  public static String refusal(String descr) {
    String code =
        descr.isEmpty() || "<>|=".indexOf(descr.charAt(0)) < 0 ? descr : descr.substring(1);
    String wanted =
        "expected a dtype of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, b1, V2 or bfloat16";
    return switch (code.isEmpty() ? ' ' : code.charAt(0)) {
      case 'O' -> wanted + " (Python objects are pickles, which are never read)";
      case 'U', 'S', 'a' -> wanted + " (not strings)";
      case 'M', 'm' -> wanted + " (not times: store them as i8)";
      case 'c' -> wanted + " (not complex numbers: store real and imaginary parts)";
      case 'u' -> wanted + " (not all u8 fit in i64: convert with astype)";
      default -> wanted;
    };
  }

  /** The dtype string that numpy.save writes for a dtype in little-endian order. */
  public static String descr(DType dtype) {
    return switch (dtype) {
      case F32 -> "<f4";
      case F64 -> "<f8";
      case BF16 -> "<V2";
      case I32 -> "<i4";
      case I64 -> "<i8";
      case BOOL -> "|b1";
    };
  }
}
