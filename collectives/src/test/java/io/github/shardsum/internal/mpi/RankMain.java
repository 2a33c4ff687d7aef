package io.github.shardsum.internal.mpi;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs test classes in one process of a job that the launcher started: every process runs the same
 * tests in the same order. The report is that of rank 0; any process that saw a failure ends with
 * status 1, after which the others cannot go on.
 *
 * <p>Arguments: the folder for the report, the name of the run, then test classes.
 */
public final class RankMain {
  private RankMain() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    String run = arguments[1];
    List<? extends DiscoverySelector> classes =
        Arrays.stream(arguments).skip(2).map(name -> selectClass(name)).toList();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(classes)
            .filters((PostDiscoveryFilter) RankMain::isForProcesses)
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    int rank = rank();
    LauncherFactory.create().execute(request, listener, new Progress(rank));
    TestExecutionSummary summary = listener.getSummary();
    if (rank == 0) {
      report(folder, run, summary);
    }
    summary.printFailuresTo(new PrintWriter(System.err, true, StandardCharsets.UTF_8), 30);
    boolean good = summary.getTotalFailureCount() == 0 && summary.getTestsSucceededCount() > 0;
    System.exit(good ? 0 : 1);
  }

  /**
   * Of classes for Maven only the tests that run on every cluster: the rest is of one process, and
   * would open engines that the other ranks do not. Of {@code ...Contract} all.
   */
  private static FilterResult isForProcesses(TestDescriptor test) {
    return FilterResult.includedIf(
        test.getSource()
            .filter(source -> source instanceof MethodSource)
            .map(source -> (MethodSource) source)
            .filter(method -> method.getClassName().endsWith("Test"))
            .map(method -> method.getMethodParameterTypes().contains("InProcessCluster"))
            .orElse(true));
  }

  private static int rank() {
    return List.of("OMPI_COMM_WORLD_RANK", "PMI_RANK").stream()
        .map(System.getenv()::get)
        .filter(rank -> rank != null)
        .map(Integer::parseInt)
        .findFirst()
        .orElse(0);
  }

  private static void report(Path folder, String run, TestExecutionSummary summary)
      throws IOException {
    double seconds =
        TimeUnit.MILLISECONDS.toSeconds(summary.getTimeFinished() - summary.getTimeStarted());
    String suite =
        String.format(
            Locale.ROOT,
            "<testsuite name=\"%s\" time=\"%.1f\" tests=\"%d\" errors=\"0\" skipped=\"%d\""
                + " failures=\"%d\">%n</testsuite>%n",
            run,
            seconds,
            summary.getTestsFoundCount(),
            summary.getTestsSkippedCount() + summary.getTestsAbortedCount(),
            summary.getTotalFailureCount());
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("TEST-" + run + ".xml"), suite);
    System.out.printf(
        Locale.ROOT,
        "%s: %d tests, %d failed, %.0f s%n",
        run,
        summary.getTestsFoundCount(),
        summary.getTotalFailureCount(),
        seconds);
  }

  /** Says at once what failed: the process may be ended before its summary. */
  private record Progress(int rank) implements TestExecutionListener {
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      result
          .getThrowable()
          .ifPresent(
              thrown ->
                  System.err.println(
                      "rank " + rank + ": " + test.getDisplayName() + ": " + thrown));
    }
  }
}
