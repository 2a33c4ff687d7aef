package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Dense;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** The elements of dense constants. */
final class MlirLiterals {
  /** Integers of an attribute; there are a few for each dimension. */
  private static final int MOST_INTEGERS = 1 << 20;

  private MlirLiterals() {}

  /** The integers of a dense array, such as the padding of windows. */
  static List<Long> integers(Dense dense) {
    List<Long> numbers = texts(dense.text()).stream().map(Long::parseLong).toList();
    long elements = dense.type().sizes().stream().reduce(1L, Math::multiplyExact);
    return numbers.size() == 1 && elements <= MOST_INTEGERS
        ? Collections.nCopies((int) elements, numbers.getFirst())
        : numbers;
  }

  /**
   * The elements of a dense constant.
   *
   * @return row-major, or one for a splat
   */
  static List<Scalar> scalars(Dense dense, DType dtype) {
    String text = dense.text().strip();
    if (text.startsWith("\"0x")) {
      return bytes(HexFormat.of().parseHex(text.substring(3, text.length() - 1)), dtype);
    }
    return texts(text).stream().map(each -> scalar(each, dtype)).toList();
  }

  private static List<String> texts(String text) {
    return Stream.of(text.split("[\\s,\\[\\]]+", -1)).filter(each -> !each.isEmpty()).toList();
  }

  private static Scalar scalar(String text, DType dtype) {
    return switch (text) {
      case "true" -> Scalar.of(dtype, 1);
      case "false" -> Scalar.of(dtype, 0);
      default -> {
        if (text.startsWith("0x")) {
          yield bits(Long.parseUnsignedLong(text.substring(2), 16), dtype);
        }
        yield dtype.isFloating()
            ? Scalar.of(dtype, Double.parseDouble(text))
            : Scalar.of(dtype, Long.parseLong(text));
      }
    };
  }

  /** A number from its bits. */
  private static Scalar bits(long bits, DType dtype) {
    return switch (dtype) {
      case F32 -> Scalar.of(dtype, (double) Float.intBitsToFloat((int) bits));
      case F64 -> Scalar.of(dtype, Double.longBitsToDouble(bits));
      case BF16 -> Scalar.of(dtype, (double) Float.intBitsToFloat((int) bits << 16));
      case I32 -> Scalar.of(dtype, (long) (int) bits);
      case I64 -> Scalar.of(dtype, bits);
      case BOOL -> Scalar.of(dtype, bits & 1);
    };
  }

  /** Numbers from their bytes, little-endian; a bool is a byte. */
  private static List<Scalar> bytes(byte[] bytes, DType dtype) {
    List<Scalar> read = new ArrayList<>();
    for (int start = 0; start + dtype.byteSize() <= bytes.length; start += dtype.byteSize()) {
      long bits = 0;
      for (int i = dtype.byteSize() - 1; i >= 0; i--) {
        bits = (bits << 8) | (bytes[start + i] & 0xff);
      }
      read.add(bits(bits, dtype));
    }
    return read;
  }
}
