package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Doctor.DoctorDiagnosis;
import io.github.shardsum.cli.Doctor.DoctorFinding;
import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.cli.common.NativeLibrary;
import io.github.shardsum.ops.KernelInfo;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DoctorTest {
  @Test
  void whatIsMissingIsListedWithItsRemedy() {
    String text =
        printed(
            new DoctorDiagnosis(
                List.of(DoctorFinding.ok("JDK", "25")),
                List.of(new DoctorFinding("Peer", "not found", "install the peer"))));
    String remedies = text.substring(text.indexOf("what is missing"));
    assertTrue(remedies.contains("Peer           install the peer"), text);
    assertFalse(remedies.contains("JDK"), text);
  }

  @Test
  void nothingMissingIsSaid() {
    String text = printed(new DoctorDiagnosis(List.of(DoctorFinding.ok("JDK", "25")), List.of()));
    assertTrue(text.endsWith("nothing is missing" + System.lineSeparator()), text);
  }

  @Test
  void anotherJdkIsMissingTheRightOne() {
    assertTrue(DoctorDiagnosis.jdk(Runtime.Version.parse("26")).isMissing());
    assertFalse(DoctorDiagnosis.jdk(Runtime.Version.parse("25.0.3+9")).isMissing());
  }

  @Test
  void scalarKernelsAreToldTheirRemedy() {
    List<DoctorFinding> machine =
        DoctorDiagnosis.machine(
            Runtime.version(),
            new KernelInfo("scalar", 0, "no module", Optional.of("add it")),
            Optional.empty());
    assertTrue(machine.contains(DoctorFinding.ok("vector width", "no vectors")));
    assertTrue(
        machine.contains(
            new DoctorFinding("kernels", "scalar: no module", "for faster ones: add it")));
    assertTrue(
        machine.contains(
            DoctorFinding.ok("self-test", "passed: the kernels give the results of plain loops")));
  }

  @Test
  void vectorKernelsLackNothing() {
    List<DoctorFinding> machine =
        DoctorDiagnosis.machine(
            Runtime.version(),
            new KernelInfo("vector-256", 256, "256 bits", Optional.empty()),
            Optional.of("sum of f32 differs"));
    assertTrue(machine.contains(DoctorFinding.ok("vector width", "256 bits, 8 f32 at once")));
    assertTrue(machine.contains(DoctorFinding.ok("kernels", "vector-256: 256 bits")));
    DoctorFinding failed = machine.getLast();
    assertEquals("self-test", failed.name());
    assertEquals("failed: sum of f32 differs", failed.value());
    assertTrue(failed.isMissing());
  }

  @Test
  void everyNativeLibraryHasALine() {
    List<DoctorFinding> engines = DoctorDiagnosis.engines(LibrarySearch.in(List.of(), List.of()));
    assertEquals(
        NativeLibrary.ALL.size(), engines.stream().filter(DoctorFinding::isMissing).count());
  }

  private static String printed(DoctorDiagnosis diagnosis) {
    StringWriter text = new StringWriter();
    Doctor.print(diagnosis, new PrintWriter(text));
    return text.toString();
  }
}
