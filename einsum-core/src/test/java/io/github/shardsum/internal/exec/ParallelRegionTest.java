package io.github.shardsum.internal.exec;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One region step by step, on one thread. */
@Timeout(30)
class ParallelRegionTest {
  private final List<Integer> begun = new ArrayList<>();
  private final List<Scratch> lent = new ArrayList<>();

  private ParallelRegion region(Workers.Task task) {
    return new ParallelRegion(
        6,
        (index, scratch) -> {
          begun.add(index);
          task.run(index, scratch);
        },
        Scratch::new,
        lent::add);
  }

  @Test
  void afterAFailureNoTaskBeginsAndTheRegionEnds() {
    IllegalStateException second = new IllegalStateException("task 1");
    ParallelRegion region =
        region(
            (index, scratch) -> {
              if (index == 1) {
                throw second;
              }
            });
    region.work(new Scratch());
    region.await(0);
    assertEquals(List.of(0, 1), begun);
    assertFalse(region.isOpen());
    assertSame(second, assertThrows(IllegalStateException.class, region::rethrow));
  }

  @Test
  void aHelperWhoseTaskFailsGivesItsScratchBack() {
    ParallelRegion region =
        region(
            (index, scratch) -> {
              throw new AssertionError("task " + index);
            });
    region.help();
    assertEquals(List.of(0), begun);
    assertEquals(1, lent.size());
    assertEquals("task 0", assertThrows(AssertionError.class, region::rethrow).getMessage());
  }

  @Test
  void theFirstFailureOfTwoIsTheOneThatIsThrown() {
    // The second task fails while the first still runs, and is the first to fail.
    List<ParallelRegion> self = new ArrayList<>();
    self.add(
        region(
            (index, scratch) -> {
              if (index == 0) {
                self.getFirst().help();
              }
              throw new IllegalStateException("task " + index);
            }));
    self.getFirst().work(new Scratch());
    assertEquals(List.of(0, 1), begun);
    IllegalStateException thrown =
        assertThrows(IllegalStateException.class, self.getFirst()::rethrow);
    assertEquals("task 1", thrown.getMessage());
  }

  @Test
  void withoutAFailureEveryTaskRunsAndALateHelperFindsNone() {
    ParallelRegion region = region((index, scratch) -> {});
    assertTrue(region.isOpen());
    region.work(new Scratch());
    region.help();
    region.await(0);
    assertEquals(List.of(0, 1, 2, 3, 4, 5), begun);
    assertEquals(List.of(), lent);
    assertDoesNotThrow(region::rethrow);
  }
}
