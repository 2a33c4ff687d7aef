package io.github.shardsum.internal.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The length of a header that is written, up to the longest that 16 bits can say. */
final class NpyHeaderTest {
  /** With 21,820 axes of size 1 the data begins at 65,536, and 65,526 fits into 16 bits. */
  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "2, 1", "21820, 1", "21900, 2"})
  void aHeaderHasTheShortestLengthThatHoldsIt(int rank, int version) {
    long[] sizes = new long[rank];
    Arrays.fill(sizes, 1);
    byte[] header = NpyHeader.format(DType.F32, Shape.of(sizes));
    assertEquals(0, header.length % 64);
    assertEquals(version, header[6]);
    ByteBuffer length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    int prefix = version == 1 ? 10 : 12;
    assertEquals(
        header.length - prefix,
        version == 1 ? Short.toUnsignedInt(length.getShort(8)) : length.getInt(8));
    // The dict as Python prints it, a new line, and fewer blanks than a step of alignment.
    String tuple = String.join(", ", Collections.nCopies(rank, "1")) + (rank == 1 ? "," : "");
    String dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + tuple + "), }";
    int blanks = header.length - prefix - dict.length() - 1;
    assertTrue(blanks >= 0 && blanks < 64, blanks + " blanks");
    assertEquals(
        dict + " ".repeat(blanks) + "\n",
        new String(header, prefix, header.length - prefix, StandardCharsets.US_ASCII));
  }
}
