package io.github.shardsum.cli.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Runs mpirun to its end, or ends it, and keeps the reports of its processes' shells. */
final class MpirunSupervisor {
  /** The time that mpirun gets to end its processes. */
  private static final long POLITE_SECONDS = 5;

  /**
   * The time after the failure of a process in which mpirun has to end the others, and the others
   * have to report.
   */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final PrintWriter errors;
  private final Duration grace;
  private final List<RankScript.Report> reports = new ArrayList<>();
  private final List<RankScript.Report> wellBefore = new ArrayList<>();

  /** Lines that were printed from the first error of a command on. */
  private final Set<String> said = new HashSet<>();

  /**
   * A supervisor that has nothing to do yet.
   *
   * @param errors gets all that mpirun and its processes write to standard error
   */
  MpirunSupervisor(PrintWriter errors) {
    this(errors, GRACE);
  }

  /** Makes a supervisor with another time for mpirun to end the others, for tests. */
  MpirunSupervisor(PrintWriter errors, Duration grace) {
    this.errors = errors;
    this.grace = grace;
  }

  /**
   * Runs mpirun.
   *
   * @param limit the time that it may run; none for no limit
   * @return its status, or empty if its time was up
   */
  Optional<Integer> run(ProcessBuilder builder, Optional<Duration> limit) throws IOException {
    Process mpirun =
        builder
            .redirectInput(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .start();
    Thread hook = Thread.ofPlatform().unstarted(() -> end(mpirun));
    endWithJvm(mpirun, hook);
    Thread reader = Thread.ofVirtual().start(() -> pass(mpirun));
    try {
      boolean ended = true;
      if (limit.isPresent()) {
        ended = mpirun.waitFor(limit.get().toMillis(), TimeUnit.MILLISECONDS);
      } else {
        mpirun.waitFor();
      }
      end(mpirun);
      reader.join(TimeUnit.SECONDS.toMillis(POLITE_SECONDS));
      forget(hook);
      return ended ? Optional.of(mpirun.exitValue()) : Optional.empty();
    } catch (InterruptedException e) {
      end(mpirun);
      throw new IOException("interrupted while mpirun ran", e);
    }
  }

  /** Ends mpirun with the JVM; a JVM that is ending already accepts no hook. */
  private static void endWithJvm(Process mpirun, Thread hook) {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException _) {
      end(mpirun);
    }
  }

  /**
   * Removes the hook. If the JVM is ending already, as after Ctrl-C, the hook has run and stays.
   */
  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The hook ends mpirun.
    }
  }

  /** The processes that failed, in the order in which their failures were reported. */
  List<RankScript.Report> reports() {
    synchronized (reports) {
      return List.copyOf(reports);
    }
  }

  /** Processes that had ended successfully before the first failure. */
  List<RankScript.Report> wellBefore() {
    synchronized (reports) {
      return List.copyOf(wellBefore);
    }
  }

  private void pass(Process mpirun) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(mpirun.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        List<RankScript.Report> heard = RankScript.reports(line);
        if (!heard.isEmpty()) {
          hear(heard, mpirun);
          // The report follows the program's own part of the line, and only that part is for the
          // user; the command's last line has all reports.
          line = line.substring(0, line.indexOf(RankScript.MARK));
        }
        if (isNew(line) && (heard.isEmpty() || !line.isEmpty())) {
          errors.println(line);
          errors.flush();
        }
      }
    } catch (IOException e) {
      errors.println("shardsum launch: standard error of mpirun is lost: " + e.getMessage());
    }
  }

  /**
   * Whether a line is to be printed. From a command's first error on, each line is printed once,
   * since every rank has the same to say.
   */
  private boolean isNew(String line) {
    return (said.isEmpty() && !line.startsWith("shardsum ")) || said.add(line);
  }

  private void hear(List<RankScript.Report> heard, Process mpirun) {
    boolean isWell = heard.stream().anyMatch(RankScript.Report::isWell);
    synchronized (reports) {
      if (!isWell) {
        reports.addAll(heard);
      } else if (reports.isEmpty()) {
        wellBefore.addAll(heard);
      }
    }
    if (!isWell) {
      Thread.ofVirtual().start(() -> endAfterGrace(mpirun));
    }
  }

  /** MPICH ends the other processes only if the failed one had joined them before. */
  private void endAfterGrace(Process mpirun) {
    try {
      if (!mpirun.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        end(mpirun);
      }
    } catch (InterruptedException e) {
      end(mpirun);
    }
  }

  private static void end(Process mpirun) {
    try {
      mpirun.toHandle().destroy();
      if (!mpirun.waitFor(POLITE_SECONDS, TimeUnit.SECONDS)) {
        mpirun.toHandle().destroyForcibly();
      }
    } catch (InterruptedException e) {
      mpirun.toHandle().destroyForcibly();
    }
  }
}
