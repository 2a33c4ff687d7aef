package io.github.shardsum.cli.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class JdkPhrasesTest {
  private static final JdkPhrases PHRASES = new JdkPhrases(1, List.of("fr"), List.of("IT", "ES"));

  private static List<Pair> german() {
    return PHRASES.pairs(Locale.GERMAN, 0, 1);
  }

  /** Whether a thread waits for another in a method of the phrases. */
  private static boolean isHeld(Thread thread) {
    StackTraceElement[] at = thread.getStackTrace();
    return thread.getState() == Thread.State.BLOCKED
        && at.length > 0
        && at[0].getClassName().equals(JdkPhrases.class.getName());
  }

  /** The JDK's table of patterns, which one thread fills, cannot be seen half filled by another. */
  @Test
  @Timeout(60)
  @SuppressWarnings("LockOnNonEnclosingClassLiteral") // the lock is what is tested
  void onlyOneThreadAtATimeFormatsByAPattern() throws Exception {
    List<Pair> alone = german();
    assertFalse(alone.isEmpty());
    FutureTask<List<Pair>> task = new FutureTask<>(JdkPhrasesTest::german);
    Thread other = new Thread(task);
    synchronized (JdkPhrases.class) {
      other.start();
      while (!isHeld(other)) {
        assertFalse(task.isDone(), "a month was formatted while another thread had the lock");
        Thread.sleep(1);
      }
    }
    assertEquals(alone, task.get());
  }
}
