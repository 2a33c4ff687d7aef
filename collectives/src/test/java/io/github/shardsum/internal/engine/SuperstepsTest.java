package io.github.shardsum.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.engine.transfer.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SuperstepsTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyTaskOfAPhaseEndsBeforeTheNextBegins(int threads) {
    int devices = 257;
    try (Workers workers = Workers.of(threads)) {
      for (int round = 0; round < 200; round++) {
        AtomicIntegerArray done = new AtomicIntegerArray(devices);
        AtomicInteger wrong = new AtomicInteger();
        List<Phase.Tasks> phases = new ArrayList<>();
        for (int number = 0; number < 20; number++) {
          int phase = number;
          phases.add(
              new Phase.Tasks(
                  "phase",
                  phase % 7 == 3 ? 0 : devices,
                  (task, _) -> {
                    int neighbour = (task + 101) % devices;
                    int seen = done.get(neighbour);
                    int before = phase - (phase + 3) / 7;
                    if (done.get(task) != before || (seen != before && seen != before + 1)) {
                      wrong.incrementAndGet();
                    }
                    done.incrementAndGet(task);
                  }));
        }
        Supersteps.run(workers, phases);
        assertEquals(0, wrong.get());
        for (int device = 0; device < devices; device++) {
          assertEquals(17, done.get(device));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void whatATaskThrowsEndsThePlan(int threads) {
    IllegalStateException thrown = new IllegalStateException("no more");
    AtomicInteger later = new AtomicInteger();
    try (Workers workers = Workers.of(threads)) {
      List<Phase.Tasks> phases =
          List.of(
              new Phase.Tasks(
                  "bad",
                  100,
                  (task, _) -> {
                    if (task == 57) {
                      throw thrown;
                    }
                  }),
              new Phase.Tasks("later", 100, (_, _) -> later.incrementAndGet()));
      assertSame(
          thrown, assertThrows(IllegalStateException.class, () -> Supersteps.run(workers, phases)));
      assertEquals(0, later.get());
      Supersteps.run(workers, List.of());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void helpersThatNeverComeAreNotWaitedFor(int threads) {
    AtomicInteger count = new AtomicInteger();
    Workers alone = Workers.of(threads, _ -> {});
    Phase.Tasks phase = new Phase.Tasks("count", 2048, (_, _) -> count.incrementAndGet());
    Supersteps.run(alone, List.of(phase, phase, phase));
    assertEquals(3 * 2048, count.get());
  }
}
