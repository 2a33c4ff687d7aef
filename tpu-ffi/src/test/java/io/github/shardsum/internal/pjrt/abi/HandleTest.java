package io.github.shardsum.internal.pjrt.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HandleTest {
  private static final MemorySegment PLACE = MemorySegment.ofAddress(64);

  private final List<String> destroyed = new ArrayList<>();

  @Test
  void closingTwiceDestroysOnce() {
    Handle handle = Handle.root("a", PLACE, _ -> destroyed.add("a"));
    handle.close();
    handle.close();
    assertEquals(List.of("a"), destroyed);
  }

  @Test
  void useAfterCloseIsAnErrorThatNamesIt() {
    Handle handle = Handle.root("a client", PLACE, _ -> {});
    handle.close();
    IllegalStateException e = assertThrows(IllegalStateException.class, handle::enter);
    assertEquals("a client: is closed; use it before close()", e.getMessage());
  }

  @Test
  void theLastOneOutDestroys() {
    Handle handle = Handle.root("a", PLACE, _ -> destroyed.add("a"));
    handle.enter();
    handle.close();
    assertEquals(List.of(), destroyed);
    handle.exit();
    assertEquals(List.of("a"), destroyed);
  }

  @Test
  void aParentClosesItsChildrenFirst() {
    Handle parent = Handle.root("p", PLACE, _ -> destroyed.add("p"));
    parent.child("c", PLACE, _ -> destroyed.add("c"));
    parent.close();
    assertEquals(List.of("c", "p"), destroyed);
  }

  @Test
  void aChildInUseOutlivesTheClosingOfItsParent() {
    Handle parent = Handle.root("p", PLACE, _ -> destroyed.add("p"));
    Handle child = parent.child("c", PLACE, _ -> destroyed.add("c"));
    child.enter();
    parent.close();
    assertEquals(List.of(), destroyed);
    child.exit();
    assertEquals(List.of("c", "p"), destroyed);
  }

  @Test
  void aChildOfAClosedParentIsDestroyedAtOnce() {
    Handle parent = Handle.root("p", PLACE, _ -> destroyed.add("p"));
    parent.enter();
    parent.close();
    assertThrows(
        IllegalStateException.class, () -> parent.child("c", PLACE, _ -> destroyed.add("c")));
    parent.exit();
    assertEquals(List.of("c", "p"), destroyed);
  }

  @Test
  void manyThreadsNeverUseWhatIsDestroyed() throws Exception {
    for (int round = 0; round < 200; round++) {
      AtomicBoolean gone = new AtomicBoolean();
      AtomicInteger wrong = new AtomicInteger();
      Handle handle = Handle.root("a", PLACE, _ -> gone.set(true));
      CountDownLatch ready = new CountDownLatch(8);
      try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
        for (int t = 0; t < 8; t++) {
          threads.execute(
              () -> {
                ready.countDown();
                useUntilClosed(handle, gone, wrong);
              });
        }
        ready.await();
        handle.close();
      }
      assertTrue(gone.get());
      assertEquals(0, wrong.get());
    }
  }

  @Test
  void childrenThatComeAndGoWhileTheParentIsClosedGoOnceAndBeforeIt() throws Exception {
    for (int round = 0; round < 200; round++) {
      AtomicInteger living = new AtomicInteger();
      AtomicInteger wrong = new AtomicInteger();
      AtomicInteger ends = new AtomicInteger();
      Handle parent =
          Handle.root(
              "p",
              PLACE,
              _ -> {
                ends.incrementAndGet();
                wrong.addAndGet(living.get());
              });
      CountDownLatch ready = new CountDownLatch(4);
      try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
        for (int t = 0; t < 4; t++) {
          threads.execute(
              () -> {
                ready.countDown();
                childrenUntilClosed(parent, living);
              });
        }
        ready.await();
        parent.close();
      }
      assertEquals(0, living.get());
      assertEquals(1, ends.get());
      assertEquals(0, wrong.get());
    }
  }

  /** Two at a time, the second closed first, and now and then one left to its parent. */
  private static void childrenUntilClosed(Handle parent, AtomicInteger living) {
    try {
      for (int i = 0; i < 100_000; i++) {
        parent.enter();
        try {
          Handle first = child(parent, living);
          Handle second = child(parent, living);
          second.close();
          if (i % 100 != 0) {
            first.close();
          }
        } finally {
          parent.exit();
        }
      }
    } catch (IllegalStateException closed) {
      assertTrue(parent.isClosed());
    }
  }

  private static Handle child(Handle parent, AtomicInteger living) {
    living.incrementAndGet();
    return parent.child("c", PLACE, _ -> living.decrementAndGet());
  }

  private static void useUntilClosed(Handle handle, AtomicBoolean gone, AtomicInteger wrong) {
    try {
      for (int i = 0; i < 100_000; i++) {
        handle.enter();
        if (gone.get()) {
          wrong.incrementAndGet();
        }
        handle.exit();
      }
    } catch (IllegalStateException closed) {
      assertTrue(handle.isClosed());
    }
  }
}
