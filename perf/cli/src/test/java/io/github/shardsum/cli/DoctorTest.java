package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoctorTest {
  @Test
  void whatIsMissingIsListedWithItsRemedy() {
    String text =
        printed(
            new Diagnosis(
                List.of(Finding.ok("JDK", "25")),
                List.of(new Finding("Peer", "not found", "install the peer"))));
    String remedies = text.substring(text.indexOf("what is missing"));
    assertTrue(remedies.contains("Peer           install the peer"), text);
    assertFalse(remedies.contains("JDK"), text);
  }

  @Test
  void nothingMissingIsSaid() {
    String text = printed(new Diagnosis(List.of(Finding.ok("JDK", "25")), List.of()));
    assertTrue(text.endsWith("nothing is missing" + System.lineSeparator()), text);
  }

  @Test
  void anotherJdkIsMissingTheRightOne() {
    assertTrue(Diagnosis.jdk(Runtime.Version.parse("26")).isMissing());
    assertFalse(Diagnosis.jdk(Runtime.Version.parse("25.0.3+9")).isMissing());
  }

  @Test
  void aJvmWithoutTheVectorApiIsToldTheFlag() {
    Finding finding = Diagnosis.vectorApi(ModuleLayer.empty());
    assertTrue(finding.remedy().contains("--add-modules jdk.incubator.vector"), finding.remedy());
  }

  @Test
  void everyNativeEngineHasALine() {
    List<Finding> engines = Diagnosis.engines(LibrarySearch.in(List.of(), List.of()));
    assertEquals(NativeEngine.ALL.size(), engines.stream().filter(Finding::isMissing).count());
  }

  private static String printed(Diagnosis diagnosis) {
    StringWriter text = new StringWriter();
    Doctor.print(diagnosis, new PrintWriter(text));
    return text.toString();
  }
}
