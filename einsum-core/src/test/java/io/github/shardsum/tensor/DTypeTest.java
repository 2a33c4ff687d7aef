package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Names and promotion. */
class DTypeTest {
  @Property
  void promotionIsSymmetricAndIdempotent(@ForAll DType a, @ForAll DType b) {
    DType both = a.promote(b);
    assertEquals(both, b.promote(a));
    assertEquals(a, a.promote(a));
    assertEquals(a, a.promote(DType.BOOL));
  }

  @Test
  void promotesAsNumpy() {
    assertEquals(DType.I64, DType.I32.promote(DType.I64));
    assertEquals(DType.F64, DType.I32.promote(DType.F32));
    assertEquals(DType.F64, DType.I64.promote(DType.F64));
    assertEquals(DType.F32, DType.BF16.promote(DType.F32));
    assertEquals(DType.F64, DType.BF16.promote(DType.F64));
    assertEquals(DType.F32, DType.BF16.promote(DType.I32));
    assertEquals(DType.F64, DType.F32.promote(DType.F64));
  }

  @Test
  void namesAreParsedAndPrinted() {
    for (DType dtype : DType.values()) {
      assertEquals(dtype, DType.parse(dtype.toString()));
      assertEquals(dtype, DType.parse(dtype.name()));
    }
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> DType.parse("f16"));
    assertTrue(String.valueOf(thrown.getMessage()).contains("bf16, i32, i64, bool, got"));
  }
}
