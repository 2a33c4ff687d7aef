package io.github.shardsum.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parallel regions: every task once, whatever the threads do. */
@Timeout(60)
class WorkersTest {
  private static void assertRunsEachOnce(Workers workers, int tasks) {
    AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
    workers.run(tasks, (index, scratch) -> runs.incrementAndGet(index));
    for (int i = 0; i < tasks; i++) {
      assertEquals(1, runs.get(i), "task " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyTaskRunsOnce(int threads) {
    try (Workers workers = Workers.of(threads)) {
      assertEquals(threads, workers.parallelism());
      for (int tasks = 0; tasks < 200; tasks++) {
        assertRunsEachOnce(workers, tasks);
      }
    }
  }

  @Test
  void aloneTheyHaveTheCallerAndTheSameScratches() {
    Workers workers = Workers.of(3);
    List<Scratch> scratches = new ArrayList<>();
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    Workers alone = workers.alone();
    assertEquals(1, alone.parallelism());
    alone.run(
        100,
        (index, scratch) -> {
          threads.add(Thread.currentThread());
          scratches.add(scratch);
        });
    workers.alone().run(1, (index, scratch) -> assertSame(scratches.getFirst(), scratch));
    assertEquals(Set.of(Thread.currentThread()), threads);
    assertSame(alone, alone.alone());
    workers.close();
    assertThrows(IllegalStateException.class, () -> alone.run(1, (index, scratch) -> {}));
  }

  @Test
  void interleavedWorkersCallBackAfterEachTask() {
    List<String> events = new ArrayList<>();
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    Workers workers =
        Workers.interleaved(
            5,
            () -> {
              threads.add(Thread.currentThread());
              events.add("between");
            });
    assertEquals(5, workers.parallelism());
    assertEquals("1 thread, work cut for 5", workers.toString());
    workers.run(0, (index, scratch) -> events.add("never"));
    workers.run(
        2,
        (index, scratch) -> {
          threads.add(Thread.currentThread());
          events.add("task " + index);
          workers.alone().run(1, (_, _) -> events.add("inside"));
        });
    assertEquals(
        List.of("task 0", "inside", "between", "between", "task 1", "inside", "between", "between"),
        events);
    assertEquals(Set.of(Thread.currentThread()), threads);
    assertEquals(1, workers.alone().parallelism());
    refuses("workers: parts must be in [1, 65536], got 0", () -> Workers.interleaved(0, () -> {}));
    refuses(
        "workers: parts must be in [1, 65536], got 65537",
        () -> Workers.interleaved(65537, () -> {}));
  }

  @Test
  void byDefaultThereIsAThreadAProcessor() {
    try (Workers workers = Workers.ofProcessors()) {
      assertEquals(Runtime.getRuntime().availableProcessors(), workers.parallelism());
    }
  }

  @Test
  void theTasksOfARegionShareTheThreads() {
    try (Workers workers = Workers.of(3)) {
      CountDownLatch together = new CountDownLatch(3);
      Set<Thread> threads = ConcurrentHashMap.newKeySet();
      workers.run(
          3,
          (index, scratch) -> {
            threads.add(Thread.currentThread());
            together.countDown();
            awaitQuietly(together);
          });
      assertEquals(3, threads.size());
      assertTrue(threads.contains(Thread.currentThread()), "the caller takes part");
    }
  }

  /** Two tasks that wait for each other: a helper who slept through a region would hang it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noHelperSleepsThroughARegion(boolean moreThreadsThanProcessors) {
    int threads = moreThreadsThanProcessors ? Runtime.getRuntime().availableProcessors() + 1 : 2;
    try (Workers workers = Workers.of(threads)) {
      for (int repeat = 0; repeat < 2000; repeat++) {
        CyclicBarrier both = new CyclicBarrier(2);
        workers.run(2, (index, scratch) -> awaitQuietly(both));
      }
    }
  }

  @Test
  void helpersThatFellAsleepComeAgain() throws InterruptedException {
    try (Workers workers = Workers.of(2)) {
      for (int repeat = 0; repeat < 20; repeat++) {
        CyclicBarrier both = new CyclicBarrier(2);
        workers.run(2, (index, scratch) -> awaitQuietly(both));
        Thread.sleep(2);
      }
    }
  }

  @Test
  void theInterruptOfATaskEndsWithItsRegion() {
    try (Workers workers = Workers.of(2)) {
      Thread caller = Thread.currentThread();
      for (int repeat = 0; repeat < 20; repeat++) {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicInteger interrupted = new AtomicInteger();
        workers.run(
            2,
            (index, scratch) -> {
              interrupted.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
              awaitQuietly(both);
              if (Thread.currentThread() != caller) {
                Thread.currentThread().interrupt();
              }
            });
        assertEquals(0, interrupted.get());
      }
    }
  }

  @Test
  void whatTasksWroteIsSeenByTheCaller() {
    try (Workers workers = Workers.of(4)) {
      for (int repeat = 0; repeat < 200; repeat++) {
        int[] plain = new int[64];
        workers.run(64, (index, scratch) -> plain[index] = index + 1);
        for (int i = 0; i < 64; i++) {
          assertEquals(i + 1, plain[i]);
        }
      }
    }
  }

  @Test
  void theFirstExceptionReachesTheCallerAndTheWorkersGoOn() {
    try (Workers workers = Workers.of(3)) {
      IllegalStateException thrown = new IllegalStateException("task 5");
      for (int repeat = 0; repeat < 20; repeat++) {
        assertSame(
            thrown,
            assertThrows(
                IllegalStateException.class,
                () ->
                    workers.run(
                        100,
                        (index, scratch) -> {
                          if (index == 5) {
                            throw thrown;
                          }
                        })));
        assertRunsEachOnce(workers, 30);
      }
    }
  }

  @Test
  void anErrorReachesTheCaller() {
    try (Workers workers = Workers.of(2)) {
      assertThrows(
          StackOverflowError.class,
          () ->
              workers.run(
                  10,
                  (index, scratch) -> {
                    throw new StackOverflowError("task " + index);
                  }));
    }
  }

  @Test
  void afterAnExceptionNoFurtherTaskBegins() {
    AtomicInteger begun = new AtomicInteger();
    Workers workers = Workers.sequential();
    assertThrows(
        IllegalStateException.class,
        () ->
            workers.run(
                100,
                (index, scratch) -> {
                  begun.incrementAndGet();
                  throw new IllegalStateException();
                }));
    assertEquals(1, begun.get());
  }

  @Test
  void aRegionInsideATaskRunsOnThatTasksThread() {
    try (Workers workers = Workers.of(3)) {
      AtomicInteger inner = new AtomicInteger();
      workers.run(
          6,
          (outer, scratch) -> {
            Thread own = Thread.currentThread();
            workers.run(
                7,
                (index, innerScratch) -> {
                  assertSame(own, Thread.currentThread());
                  assertNotSame(scratch, innerScratch);
                  inner.incrementAndGet();
                });
          });
      assertEquals(42, inner.get());
    }
  }

  @Test
  void manyCallersAtOnceAllFinish() throws InterruptedException {
    try (Workers workers = Workers.of(3)) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      List<Thread> callers = new ArrayList<>();
      for (int caller = 0; caller < 8; caller++) {
        callers.add(
            Thread.ofPlatform()
                .uncaughtExceptionHandler((thread, thrown) -> failure.set(thrown))
                .start(
                    () -> {
                      for (int repeat = 0; repeat < 100; repeat++) {
                        assertRunsEachOnce(workers, 17);
                      }
                    }));
      }
      for (Thread caller : callers) {
        caller.join();
      }
      if (failure.get() != null) {
        throw new AssertionError(failure.get());
      }
    }
  }

  @Test
  void nestedRegionsFindTheScratchesOfTheFirstRun() {
    Workers workers = Workers.sequential();
    List<Scratch> seen = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      workers.run(
          1,
          (_, outer) -> {
            seen.add(outer);
            workers.run(1, (_, inner) -> seen.add(inner));
          });
    }
    for (int i = 2; i < seen.size(); i++) {
      assertSame(seen.get(i % 2), seen.get(i));
    }
    assertNotSame(seen.get(0), seen.get(1));
  }

  @Test
  void noTwoTasksShareAScratchAtOnce() {
    try (Workers workers = Workers.of(4)) {
      Set<Scratch> inUse = ConcurrentHashMap.newKeySet();
      AtomicInteger shared = new AtomicInteger();
      workers.run(
          500,
          (index, scratch) -> {
            if (!inUse.add(scratch)) {
              shared.incrementAndGet();
            }
            scratch.floats(0, 10 + index)[9] = index;
            inUse.remove(scratch);
          });
      assertEquals(0, shared.get());
    }
  }

  @Test
  void anExecutorThatComesLateOrNeverIsNotWaitedFor() {
    List<Runnable> kept = new ArrayList<>();
    Workers late = Workers.of(3, kept::add);
    assertRunsEachOnce(late, 10);
    assertEquals(2, kept.size());
    kept.forEach(Runnable::run);
    Executor refusing =
        task -> {
          throw new RejectedExecutionException("full");
        };
    assertRunsEachOnce(Workers.of(3, refusing), 10);
    assertRunsEachOnce(Workers.of(3, Runnable::run), 10);
  }

  @Test
  void closedWorkersRefuseBeforeAnyTask() {
    for (Workers workers : List.of(Workers.of(3), Workers.of(1), Workers.sequential())) {
      workers.run(3, (index, scratch) -> {});
      workers.close();
      workers.close();
      assertThrows(
          IllegalStateException.class,
          () ->
              workers.run(
                  5,
                  (index, scratch) -> {
                    throw new AssertionError("begun");
                  }));
    }
  }

  @Test
  void closeEndsTheThreads() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    try (Workers workers = Workers.of(3)) {
      CountDownLatch together = new CountDownLatch(3);
      workers.run(
          3,
          (index, scratch) -> {
            threads.add(Thread.currentThread());
            together.countDown();
            awaitQuietly(together);
          });
    }
    threads.remove(Thread.currentThread());
    assertEquals(2, threads.size());
    for (Thread thread : threads) {
      assertTrue(thread.isDaemon());
      joinQuietly(thread);
    }
  }

  @Test
  void anInterruptedCallerStillWaitsForItsTasks() {
    try (Workers workers = Workers.of(3)) {
      Thread.currentThread().interrupt();
      assertRunsEachOnce(workers, 50);
      assertTrue(Thread.interrupted(), "the interrupt is kept");
    }
  }

  @Test
  void fewerThanOneThreadIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Workers.of(0));
    assertThrows(IllegalArgumentException.class, () -> Workers.of(-1, Runnable::run));
    assertEquals("1 thread", Workers.sequential().toString());
  }

  @Test
  void scratchGrowsAndKeepsItsSlotsApart() {
    Scratch scratch = new Scratch();
    float[] first = scratch.floats(2, 10);
    assertTrue(first.length >= 10);
    assertSame(first, scratch.floats(2, 5));
    assertNotSame(first, scratch.floats(0, 10));
    assertNotSame(first, scratch.floats(2, first.length + 1));
    assertTrue(scratch.doubles(1, 3).length >= 3);
    assertTrue(scratch.longs(1, 3).length >= 3);
  }

  @Test
  void countsThatCannotBeMeantAreRefused() {
    AtomicInteger begun = new AtomicInteger();
    try (Workers two = Workers.of(2)) {
      for (Workers workers : List.of(Workers.sequential(), two, two.alone())) {
        refuses(
            "workers: expected at least 0 tasks, got -1",
            () -> workers.run(-1, (index, scratch) -> begun.incrementAndGet()));
      }
    }
    assertEquals(0, begun.get());
    refuses(
        "workers: expected at most 65536 threads, got 2147483647; more than there are processors"
            + " make nothing faster",
        () -> Workers.of(Integer.MAX_VALUE));
    assertEquals(Integer.MAX_VALUE, Workers.of(Integer.MAX_VALUE, Runnable::run).parallelism());
    Scratch scratch = new Scratch();
    String wanted = "scratch: expected a slot in [0, 256) and a length of at least 0, got slot ";
    refuses(wanted + "-1 of length 3", () -> scratch.floats(-1, 3));
    refuses(wanted + "0 of length -3", () -> scratch.doubles(0, -3));
    refuses(wanted + "256 of length 1", () -> scratch.longs(256, 1));
    refuses(wanted + "2147483647 of length 1", () -> scratch.ints(Integer.MAX_VALUE, 1));
    assertEquals(1, scratch.ints(255, 1).length);
  }

  private static void refuses(String message, Executable use) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, use, message).getMessage());
  }

  @Test
  void aTaskThatIsNullIsRefusedEvenIfNoneWouldRun() {
    for (int tasks : new int[] {0, 1, 3}) {
      assertEquals(
          "task",
          assertThrows(NullPointerException.class, () -> Workers.sequential().run(tasks, null))
              .getMessage());
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitQuietly(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new AssertionError(e);
    }
  }

  private static void joinQuietly(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aHandOverIsMeasured() {
    Workers workers = Workers.of(2);
    double first = workers.handOverNanos(1000);
    assertTrue(first > 0 && first < 1e9, "got " + first);
    assertThrows(IllegalArgumentException.class, () -> workers.areWorthwhile(1e5, -1));
    assertRunsEachOnce(workers, 50);
    workers.close();
    double last = workers.handOverNanos(1000);
    assertEquals(last, workers.handOverNanos(1000));
    assertTrue(last > 0, "got " + last);
  }

  @Test
  void onlyLongWorkOfSeveralThreadsIsWorthSharing() {
    Workers two = Workers.of(2, Runnable::run);
    assertFalse(two.areWorthwhile(9_999));
    assertTrue(two.areWorthwhile(10_000));
    assertTrue(two.areWorthwhile(Double.POSITIVE_INFINITY));
    assertTrue(Workers.interleaved(5, () -> {}).areWorthwhile(10_000));
    assertFalse(Workers.sequential().areWorthwhile(1e9));
    for (double bad : new double[] {-1, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> two.areWorthwhile(bad));
    }
  }

  /** Threads that cannot be measured have a usual time; a lone thread hands nothing over. */
  @Test
  void aHandOverIsUsualWhereItIsNotMeasured() {
    double usual = Workers.of(2, Runnable::run).handOverNanos(1000);
    assertEquals(2_530, usual);
    Workers closed = Workers.of(2);
    closed.close();
    assertEquals(usual, closed.handOverNanos(1000));
    try (Workers workers = Workers.of(2)) {
      workers.run(2, (_, _) -> assertEquals(usual, workers.handOverNanos(1000)));
      assertEquals(0, workers.alone().handOverNanos(1000));
    }
    assertEquals(0, Workers.sequential().handOverNanos(1000));
    assertEquals(0, Workers.interleaved(5, () -> {}).handOverNanos(1000));
  }
}
