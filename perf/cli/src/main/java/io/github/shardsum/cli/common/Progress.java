package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.format;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The progress of a command: a bar that redraws itself on a terminal, plain lines elsewhere if
 * {@code --progress} is given. Thread-safe.
 */
public final class Progress {
  private static final int WIDTH = 30;
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int PLAIN_STEPS = 4;

  private final PrintWriter out;
  private final boolean terminal;
  private final boolean lines;
  private String phase = "";
  private long total;
  private long done;
  private long began;
  private long drawn;

  /**
   * Progress on a stream.
   *
   * @param terminal whether a line can be redrawn there
   * @param lines whether to print lines elsewhere
   */
  public Progress(PrintWriter out, boolean terminal, boolean lines) {
    this.out = out;
    this.terminal = terminal;
    this.lines = lines && !terminal;
  }

  /**
   * Progress on standard error. The launcher puts a filter between the JVM and a terminal, so it
   * tells the JVM that there is a terminal.
   *
   * @param asked whether to print lines where there is no terminal
   */
  static Progress onStandardError(PrintWriter err, Map<String, String> environment, boolean asked) {
    return new Progress(err, isRedrawn(environment), asked);
  }

  /** Whether standard error is a terminal on which a line can be redrawn. */
  static boolean isRedrawn(Map<String, String> environment) {
    boolean told = Boolean.getBoolean("shardsum.terminal");
    boolean terminal = told || isTerminal(Path.of("/proc/self/fd/2"));
    // A dumb terminal, such as an editor's shell, would print the escape sequences.
    return terminal && !environment.getOrDefault("TERM", "dumb").equals("dumb");
  }

  /** The JDK knows only standard input and output; Linux knows each stream. */
  static boolean isTerminal(Path stream) {
    try {
      String target = Files.readSymbolicLink(stream).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends the current phase and begins one of this many steps. */
  public synchronized void begin(String name, long steps) {
    end();
    phase = name;
    total = steps;
    done = 0;
    began = System.nanoTime();
    drawn = began;
    if (terminal) {
      draw();
    } else if (lines) {
      out.println(name + " ...");
      out.flush();
    }
  }

  /** Counts some steps of the phase as done; steps beyond its number do not count. */
  public synchronized void advance(long steps) {
    long before = done;
    done = Math.min(total, done + steps);
    long now = System.nanoTime();
    if (terminal && now - drawn >= REDRAW_NANOS) {
      drawn = now;
      draw();
    } else if (lines && part(before) < part(done) && done < total) {
      out.println(phase + ": " + 100 * done / total + " %");
      out.flush();
    }
  }

  private long part(long steps) {
    return total == 0 ? 0 : steps * PLAIN_STEPS / total;
  }

  /** Removes the bar. */
  public synchronized void end() {
    if (terminal && !phase.isEmpty()) {
      out.print("\r\u001b[K");
      out.flush();
    }
    phase = "";
  }

  private void draw() {
    int full = (int) (total == 0 ? 0 : WIDTH * done / total);
    String bar = "#".repeat(full) + ".".repeat(WIDTH - full);
    double seconds = (System.nanoTime() - began) / 1e9;
    long percent = total == 0 ? 0 : 100 * done / total;
    out.print(format("\r[%s] %3d %%  %s, %.1f s\u001b[K", bar, percent, phase, seconds));
    out.flush();
  }
}
