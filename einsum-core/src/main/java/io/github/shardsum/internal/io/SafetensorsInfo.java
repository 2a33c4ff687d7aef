package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.Shape;
import java.util.Map;
import java.util.Optional;

/**
 * The entry of one tensor in a safetensors header.
 *
 * @param dtype the format's own name
 * @param start the first byte, counted from the start of the data
 * @param end one past the last byte
 * @param offset the position of this entry in the file
 */
public record SafetensorsInfo(
    String name, String dtype, Shape shape, long start, long end, long offset) {
  /** Bits of an element, for the format's dtypes (safetensors 0.8). */
  private static final Map<String, Integer> BITS =
      Map.ofEntries(
          Map.entry("BOOL", 8),
          Map.entry("F4", 4),
          Map.entry("F6_E2M3", 6),
          Map.entry("F6_E3M2", 6),
          Map.entry("U8", 8),
          Map.entry("I8", 8),
          Map.entry("F8_E5M2", 8),
          Map.entry("F8_E4M3", 8),
          Map.entry("F8_E8M0", 8),
          Map.entry("F8_E4M3FNUZ", 8),
          Map.entry("F8_E5M2FNUZ", 8),
          Map.entry("I16", 16),
          Map.entry("U16", 16),
          Map.entry("F16", 16),
          Map.entry("BF16", 16),
          Map.entry("I32", 32),
          Map.entry("U32", 32),
          Map.entry("F32", 32),
          Map.entry("C64", 64),
          Map.entry("F64", 64),
          Map.entry("I64", 64),
          Map.entry("U64", 64));

  public static boolean isDType(String name) {
    return BITS.containsKey(name);
  }

  /** The element type; empty for a dtype of the format without a counterpart in {@code DType}. */
  public Optional<StoredType> type() {
    for (StoredType type : StoredType.values()) {
      if (type.name().equals(dtype)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** Whether the number of bytes matches dtype and shape. */
  public boolean fits() {
    long bits = BITS.getOrDefault(dtype, 0);
    long count = shape.elementCount();
    // Some dtypes are not whole bytes, but a tensor of them may be.
    return count <= Long.MAX_VALUE / bits
        && count * bits % 8 == 0
        && count * bits / 8 == end - start;
  }
}
