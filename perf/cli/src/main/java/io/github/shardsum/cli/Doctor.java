package io.github.shardsum.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code shardsum doctor}: what this machine has, what it lacks and how to get that. */
@Command(
    name = "doctor",
    description =
        "Print JDK, vector width, kernels and native engines, and how to get what is missing.")
final class Doctor implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    print(Diagnosis.ofThisMachine(), spec.commandLine().getOut());
  }

  static void print(Diagnosis diagnosis, PrintWriter out) {
    out.println("shardsum " + Version.ofThisJar());
    section("this machine", diagnosis.machine(), out);
    section("native engines (none is needed)", diagnosis.engines(), out);
    List<Finding> missing = diagnosis.missing();
    if (missing.isEmpty()) {
      out.printf(Locale.ROOT, "%nnothing is missing%n");
    } else {
      out.printf(Locale.ROOT, "%nwhat is missing, and the remedy%n");
      missing.forEach(finding -> row(finding.name(), finding.remedy(), out));
    }
    out.flush();
  }

  private static void section(String title, List<Finding> findings, PrintWriter out) {
    out.printf(Locale.ROOT, "%n%s%n", title);
    findings.forEach(finding -> row(finding.name(), finding.value(), out));
  }

  private static void row(String name, String value, PrintWriter out) {
    out.printf(Locale.ROOT, "  %-14s %s%n", name, value);
  }
}
