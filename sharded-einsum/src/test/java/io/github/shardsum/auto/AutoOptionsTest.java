package io.github.shardsum.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which searches can be asked for, and what an answer says of itself. */
final class AutoOptionsTest {
  @Test
  void secondsAreInTheirRange() {
    AutoOptions options = AutoOptions.defaults();
    for (double bad : new double[] {0, -1, 1e6 + 1, Double.NaN, Double.POSITIVE_INFINITY}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> options.withSeconds(bad)).getMessage();
      assertTrue(message.endsWith("at most 1,000,000, got " + bad), message);
    }
    assertEquals(1e6, options.withSeconds(1e6).seconds());
  }

  /** The gap is the part of the price that other layouts may save. */
  @Test
  void theGapIsTheShareOfThePriceAboveTheBound() {
    Program program = Program.parse("program p {\ninput a: f32[i=4]\nb = exp(a)\noutput b\n}\n");
    FoundLayouts found = Auto.find(program, Mesh.of("x", 2), AutoOptions.defaults().withSeconds(1));
    assertEquals(0, found.gap());
    assertEquals(0.25, priced(found, 8, 6).gap());
    assertEquals(0, priced(found, 8, 8).gap());
    assertEquals(0, priced(found, 0, 0).gap());
    assertEquals(1, priced(found, 8, 0).gap());
  }

  private static FoundLayouts priced(FoundLayouts found, double price, double bound) {
    return new FoundLayouts(
        found.annotations(),
        found.plan(),
        price,
        bound,
        found.peakBytes(),
        found.savings(),
        Optional.empty(),
        found.plans());
  }
}
