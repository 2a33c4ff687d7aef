package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Between layouts of so many axes that not each way can be looked at. */
final class ManyAxesReshardsTest {
  private static final Mesh MESH = Mesh.parse("a=2 b=2 c=2 d=2 e=2 f=2 g=2 h=2 k=2");

  private static Layout layout(String text) {
    return Layout.parse(MESH, text);
  }

  private static ReshardPlan plan(String from, String to, PlanOptions options) {
    return ReshardPlan.of(layout(from), layout(to), Shape.of(512, 512, 512), DType.F32, options);
  }

  /**
   * Each ends where it should, by the checker, and on the way no block is larger than at an end.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "i@a.b j@d.e.f l@g # i@b j@d.f.e l@k.g",
      })
  void aWayIsFoundAndHoldsNoMoreThanItsEnds(String from, String to) {
    ReshardPlan plan = plan(from, to, PlanOptions.defaults());
    assertTrue(plan.certify().startsWith("certified"), plan::toString);
    long most = 0;
    for (Layout end : List.of(layout(from), layout(to))) {
      most =
          Math.max(
              most,
              (1L << 27) >> end.term().axes().stream().mapToInt(axis -> axis.mesh().size()).sum());
    }
    for (PlannedValue value : plan.plan().values()) {
      assertTrue(value.localElements() <= most, plan::toString);
    }
    // Each axis is moved once at most, so that nothing travels to and fro.
    assertTrue(plan.plan().steps().size() <= 2 * MESH.axisNames().size(), plan::toString);
  }

  @Test
  void aWholeValueIsNoSumOfMany() {
    String said =
        assertThrows(
                PlanException.class,
                () -> plan("i@a.b.c.d.e j l", "i@e.d.c.b j l | a", PlanOptions.defaults()))
            .getMessage();
    assertTrue(said.endsWith("cannot become a partial sum over it"), said);
  }

  @Test
  void belowItsEndsThereIsNoWay() {
    PlanOptions options = PlanOptions.defaults().withMemoryLimit(1024);
    String from = "i@a.b.c j@d.e.f l@g.h.k";
    String said =
        assertThrows(PlanException.class, () -> plan(from, "i@k.h.g j@f.e.d l", options))
            .getMessage();
    assertTrue(said.contains("stays within the memory limit of 1024 bytes"), said);
  }
}
