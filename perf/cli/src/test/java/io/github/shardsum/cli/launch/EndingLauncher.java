package io.github.shardsum.cli.launch;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A launcher whose JVM is told to end, as by Ctrl-C, {@code before} it has started mpirun or {@code
 * while} this runs. It prints whether its supervisor returned.
 */
final class EndingLauncher {
  private static final int PATIENCE_SECONDS = 60;

  private final CountDownLatch ending = new CountDownLatch(1);
  private final CountDownLatch returned = new CountDownLatch(1);

  private EndingLauncher() {}

  public static void main(String[] arguments) throws InterruptedException {
    new EndingLauncher().run(arguments[0].equals("before"));
  }

  private void run(boolean before) throws InterruptedException {
    // The JVM waits for its hooks, so the supervisor returns while it is ending.
    Runtime.getRuntime().addShutdownHook(new Thread(this::holdUp));
    if (before) {
      exit();
      await(ending);
    }
    MpirunSupervisor supervisor = new MpirunSupervisor(new PrintWriter(exitsWhenWritten(), true));
    ProcessBuilder mpirun = new ProcessBuilder("sh", "-c", "echo up >&2; exec sleep 600");
    try {
      supervisor.run(mpirun, Optional.empty());
      System.out.println("returned");
    } catch (Exception e) {
      System.out.println("threw " + e);
    } finally {
      returned.countDown();
    }
  }

  private void holdUp() {
    ending.countDown();
    await(returned);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.out.println("waited in vain");
      }
    } catch (InterruptedException e) {
      System.out.println("interrupted");
    }
  }

  private static void exit() {
    new Thread(() -> System.exit(0)).start();
  }

  private static Writer exitsWhenWritten() {
    return new Writer() {
      @Override
      public void write(char[] text, int from, int length) {
        exit();
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
