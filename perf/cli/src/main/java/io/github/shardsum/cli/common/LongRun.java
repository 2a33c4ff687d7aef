package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.format;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Reports the progress of a long run on standard error: on a terminal as a line that is redrawn and
 * removed at the end; elsewhere as a line from time to time, if {@code --progress} is given. A
 * short run prints nothing.
 */
public final class LongRun implements AutoCloseable {
  private static final Duration REDRAW = Duration.ofMillis(500);

  /** No line is printed before this redraw. */
  private static final int QUIET = 4;

  /** Redraws from one line to the next where there is no terminal. */
  private static final int PLAIN = 20;

  private final PrintWriter err;
  private final boolean terminal;
  private final String what;
  private final LongSupplier done;
  private final long total;
  private final long began = System.nanoTime();
  private final Thread thread;
  private boolean ended;
  private boolean drawn;

  /**
   * Watches a run that has begun.
   *
   * @param what the name of the run
   * @param done number of finished steps, 0 if it is not known
   * @param total all steps, 0 if that is not known
   */
  LongRun(PrintWriter err, boolean terminal, String what, LongSupplier done, long total) {
    this.err = err;
    this.terminal = terminal;
    this.what = what;
    this.done = done;
    this.total = total;
    this.thread = Thread.ofVirtual().unstarted(this::watch);
  }

  /**
   * Watches a run that has begun, if its progress is to be shown.
   *
   * @param asked whether to print lines if there is no terminal
   * @param what the name of the run
   * @param done number of finished steps, 0 if it is not known
   * @param total all steps, 0 if that is not known
   */
  public static LongRun start(
      PrintWriter err, boolean asked, String what, LongSupplier done, long total) {
    boolean terminal = Progress.isRedrawn(System.getenv());
    LongRun run = new LongRun(err, terminal, what, done, total);
    if (terminal || asked) {
      run.thread.start();
    }
    return run;
  }

  /**
   * Watches a run that prints an answer for each of its jobs: a terminal that shows the answers
   * needs no lines of progress.
   *
   * @param asked whether to print lines if there is no terminal
   * @param what the name of the run
   * @param done jobs that are answered
   */
  public static LongRun startJobs(PrintWriter err, boolean asked, String what, LongSupplier done) {
    boolean terminal =
        Progress.isRedrawn(System.getenv()) && !Progress.isTerminal(Path.of("/proc/self/fd/1"));
    LongRun run = new LongRun(err, terminal, what, done, 0);
    if (terminal || asked) {
      run.thread.start();
    }
    return run;
  }

  private void watch() {
    try {
      for (int tick = 1; ; tick++) {
        Thread.sleep(REDRAW);
        tick(tick, System.nanoTime() - began);
      }
    } catch (InterruptedException end) {
      // The run is over.
    }
  }

  /** Shows the progress at a redraw. */
  synchronized void tick(int number, long nanos) {
    if (ended || number < QUIET || (!terminal && number % PLAIN != 0)) {
      return;
    }
    String line = format("%s: %s%.0f s", what, position(), nanos / 1e9);
    drawn = true;
    err.print(terminal ? "\r" + line + "\u001b[K" : line + System.lineSeparator());
    err.flush();
  }

  private String position() {
    long steps = done.getAsLong();
    if (total > 0) {
      return Math.min(total, steps) + " of " + total + " steps, ";
    }
    return steps > 0 ? steps + " done, " : "";
  }

  /** Ends the watch, and removes its line. */
  @Override
  public synchronized void close() {
    ended = true;
    thread.interrupt();
    if (terminal && drawn) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }
}
