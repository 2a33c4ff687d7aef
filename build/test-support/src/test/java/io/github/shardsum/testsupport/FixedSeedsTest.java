package io.github.shardsum.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;

class FixedSeedsTest {
  private static final List<Integer> SEEN = new ArrayList<>();

  @Test
  void twoRunsOfAPropertyTryTheSameValues() {
    assertEquals(valuesTriedBy("first"), valuesTriedBy("first"));
  }

  @Test
  void twoPropertiesTryDifferentValues() {
    assertNotEquals(valuesTriedBy("first"), valuesTriedBy("second"));
  }

  @Test
  void aSeedWrittenOnThePropertyStays() {
    assertEquals(valuesTriedBy("seeded"), valuesTriedBy("seededAlike"));
  }

  @Test
  void aPropertyThatNamesNoTriesGetsTheConfiguredNumber() {
    assertEquals(TestDepth.cases(50, 200, 400), valuesTriedBy("first").size());
    assertEquals(TestDepth.cases(7, 7, 14), valuesTriedBy("seven").size());
  }

  private static List<Integer> valuesTriedBy(String property) {
    SEEN.clear();
    EngineTestKit.engine("jqwik")
        .enableImplicitConfigurationParameters(true)
        .selectors(selectMethod(Samples.class, property, int.class))
        .execute()
        .testEvents()
        .assertStatistics(events -> events.succeeded(1).failed(0));
    return List.copyOf(SEEN);
  }

  /** Run only through the test kit: the name ends in nothing that surefire looks for. */
  static class Samples {
    @Property
    void first(@ForAll int value) {
      SEEN.add(value);
    }

    @Property
    void second(@ForAll int value) {
      SEEN.add(value);
    }

    @Property(seed = "42")
    void seeded(@ForAll int value) {
      SEEN.add(value);
    }

    @Property(seed = "42")
    void seededAlike(@ForAll int value) {
      SEEN.add(value);
    }

    @Property(tries = 7)
    void seven(@ForAll int value) {
      SEEN.add(value);
    }
  }
}
