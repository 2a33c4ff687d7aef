package io.github.shardsum.cli.tpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.pjrt.PjrtType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks of {@code shardsum tpu run} before it runs a program. */
class TpuRunTest {
  private static String refused(List<PjrtType> types, int files) {
    return assertThrows(IllegalArgumentException.class, () -> TpuRun.checkResults(types, files))
        .getMessage();
  }

  @Test
  void aResultThatNoFileHoldsIsToldBeforeTheRun() {
    assertEquals(
        "result 1: must be F32, F64, BF16, S32, S64 or PRED, got F16; convert it in the program",
        refused(List.of(PjrtType.F32, PjrtType.F16), 2));
    TpuRun.checkResults(List.of(PjrtType.F32, PjrtType.PRED), 2);
  }

  @Test
  void eachResultHasAFileOrNoneHas() {
    assertEquals(
        "-o: must be a file for each of 2 results, got 1",
        refused(List.of(PjrtType.F32, PjrtType.S64), 1));
    TpuRun.checkResults(List.of(PjrtType.F32, PjrtType.S64), 0);
    TpuRun.checkResults(List.of(), 0);
  }
}
