package io.github.shardsum.cli;

import io.github.shardsum.cli.common.JsonAnswer;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code shardsum doctor}: the parts that this machine has, the parts that are missing, and how to
 * get them.
 */
@Command(
    name = "doctor",
    description =
        "Print JDK, vector width, kernels and native engines, and how to get what is missing.")
final class Doctor implements Runnable {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print it as JSON.")
  private boolean json;

  @Override
  public void run() {
    DoctorDiagnosis diagnosis = DoctorDiagnosis.ofThisMachine();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonAnswer.text(json(diagnosis)));
      out.flush();
    } else {
      print(diagnosis, out);
    }
  }

  static ObjectNode json(DoctorDiagnosis diagnosis) {
    ObjectNode answer = JsonAnswer.object().put("version", Version.ofThisJar());
    findings(answer.putArray("machine"), diagnosis.machine());
    findings(answer.putArray("engines"), diagnosis.engines());
    return answer;
  }

  private static void findings(ArrayNode list, List<DoctorFinding> findings) {
    for (DoctorFinding finding : findings) {
      ObjectNode each = list.addObject().put("name", finding.name()).put("value", finding.value());
      if (finding.isMissing()) {
        each.put("remedy", finding.remedy());
      }
    }
  }

  static void print(DoctorDiagnosis diagnosis, PrintWriter out) {
    out.println("shardsum " + Version.ofThisJar());
    section("this machine", diagnosis.machine(), out);
    section("native engines (none is needed)", diagnosis.engines(), out);
    List<DoctorFinding> missing = diagnosis.missing();
    if (missing.isEmpty()) {
      out.printf(Locale.ROOT, "%nnothing is missing%n");
    } else {
      out.printf(Locale.ROOT, "%nwhat is missing, and the remedy%n");
      missing.forEach(finding -> row(finding.name(), finding.remedy(), out));
    }
    out.flush();
  }

  private static void section(String title, List<DoctorFinding> findings, PrintWriter out) {
    out.printf(Locale.ROOT, "%n%s%n", title);
    findings.forEach(finding -> row(finding.name(), finding.value(), out));
  }

  private static void row(String name, String value, PrintWriter out) {
    out.printf(Locale.ROOT, "  %-14s %s%n", name, value);
  }
}
