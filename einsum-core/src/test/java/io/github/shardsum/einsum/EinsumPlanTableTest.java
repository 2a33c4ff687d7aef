package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of a plan, whose columns are apart however long a cell is. */
class EinsumPlanTableTest {
  @Test
  void aLongEquationStaysInItsColumn() {
    Einsum einsum =
        Einsum.compile(
            "abcdefghijkl,klmnopqrstuv,ab->cdefghijmnopqrstuv",
            DType.F32,
            Shape.of(1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 3, 2),
            Shape.of(3, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2),
            Shape.of(1, 2));
    List<String> lines = einsum.explain().toString().lines().toList();
    int head = lines.indexOf(lines.stream().filter(l -> l.contains("kernel")).findFirst().get());
    int why = lines.get(head).indexOf("why");
    for (EinsumPlan.Step step : einsum.explain().steps()) {
      String row =
          lines.subList(head, lines.size()).stream()
              .filter(line -> line.contains(step.equation()) && line.contains(step.kernel()))
              .findFirst()
              .orElseThrow();
      assertEquals(why, row.indexOf(step.why()), row);
      assertEquals("  ", row.substring(why - 2, why), row);
    }
    assertTrue(einsum.explain().steps().stream().anyMatch(s -> s.equation().length() > 20));
  }
}
