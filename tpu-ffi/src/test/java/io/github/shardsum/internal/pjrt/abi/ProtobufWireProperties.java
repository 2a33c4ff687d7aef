package io.github.shardsum.internal.pjrt.abi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ProtobufWireProperties {
  @Property
  void whatIsWrittenIsRead(
      @ForAll @IntRange(min = 1, max = 100_000) int field,
      @ForAll long number,
      @ForAll byte[] bytes,
      @ForAll long[] packed,
      @ForAll double real) {
    List<ProtobufWire.Field> fields =
        ProtobufWire.read(
            new ProtobufWire.Writer()
                .number(field, number)
                .bytes(field, bytes)
                .packed(field, packed)
                .real(field, real)
                .toBytes());
    assertEquals(field, fields.get(0).field());
    assertEquals(number, fields.get(0).number());
    assertArrayEquals(bytes, fields.get(1).bytes());
    if (packed.length > 0) {
      assertArrayEquals(packed, fields.get(2).numbers());
    }
    assertEquals(Double.doubleToRawLongBits(real), fields.get(3).number());
  }

  @Property
  void noBytesDoMoreThanBeRefused(@ForAll byte[] garbage) {
    try {
      ProtobufWire.read(garbage);
    } catch (IllegalArgumentException e) {
      assertEquals("protocol buffer: the message is malformed", e.getMessage());
    }
  }

  @Example
  void aLengthBeyondTheMessageIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ProtobufWire.read(new byte[] {0x0a, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f}));
  }
}
