package io.github.shardsum.internal.selection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.github.shardsum.internal.kernel.Fma;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The choice by the property and by the JVM's properties, where this JVM has vectors. */
class ChoiceOfKernelsTest {
  private static final boolean HAS_VECTORS =
      !System.getProperty("shardsum.test.mode").equals("scalar") && Fma.IN_HARDWARE;

  private static final String ANYWAY = "-Dshardsum.kernels=vector selects vectors anyway";

  /** The choice in a JVM of these properties. */
  private static KernelSelection with(Map<String, String> properties) {
    Map<String, Optional<String>> before = new TreeMap<>();
    properties.forEach(
        (name, value) -> {
          before.put(name, Optional.ofNullable(System.getProperty(name)));
          System.setProperty(name, value);
        });
    try {
      return KernelSelection.make();
    } finally {
      before.forEach(
          (name, value) ->
              value.ifPresentOrElse(
                  was -> System.setProperty(name, was), () -> System.clearProperty(name)));
    }
  }

  private static void isScalar(KernelSelection choice, String reason, String remedy) {
    assertSame(KernelSelection.scalar(), choice.kernels());
    if (HAS_VECTORS) {
      assertEquals(reason, choice.reason());
      assertEquals(Optional.of(remedy), choice.remedy());
    }
  }

  private static void isOfVectors(KernelSelection choice) {
    assertEquals(HAS_VECTORS, choice.kernels().bits() > 0, choice::reason);
    assertEquals(HAS_VECTORS, choice.remedy().isEmpty(), choice::reason);
  }

  @Test
  void scalarIsWhatWasAskedFor() {
    KernelSelection choice = with(Map.of("shardsum.kernels", "scalar"));
    assertSame(KernelSelection.scalar(), choice.kernels());
    assertEquals("shardsum.kernels is scalar", choice.reason());
    assertEquals(Optional.empty(), choice.remedy());
  }

  @Test
  void anUnknownValueIsIgnored() {
    KernelSelection choice = with(Map.of("shardsum.kernels", "Scalar"));
    assertEquals(with(Map.of("shardsum.kernels", "")).reason(), choice.reason());
    isOfVectors(choice);
  }

  /** Without C2 each vector is an object. */
  @ParameterizedTest
  @CsvSource({
    "java.vm.info, 'interpreted mode, sharing', the JVM only interprets, 'drop -Xint, or '",
    "java.vm.info, 'mixed mode, emulated-client', the JVM runs without C2, 'drop TieredStopAtLevel,"
        + " or '",
    "java.vm.name, Eclipse OpenJ9 VM, the JVM is Eclipse OpenJ9 VM, ''",
  })
  void aJvmWithoutC2HasPlainLoops(String name, String value, String reason, String remedy) {
    isScalar(with(Map.of("shardsum.kernels", "", name, value)), reason, remedy + ANYWAY);
    isOfVectors(with(Map.of("shardsum.kernels", "vector", name, value)));
  }

  @Test
  void anotherCompilerThanC2HasPlainLoops() {
    String name = System.getProperty("java.vm.name");
    KernelSelection choice =
        with(Map.of("shardsum.kernels", "", "java.vm.version", "25+36-jvmci-b01"));
    isScalar(choice, "the JVM is " + name, ANYWAY);
  }

  @ParameterizedTest
  @CsvSource({"OpenJDK 64-Bit Server VM", "Java HotSpot(TM) 64-Bit Server VM"})
  void aJvmWithC2HasVectors(String name) {
    isOfVectors(with(Map.of("shardsum.kernels", "", "java.vm.name", name)));
  }

  /** The choice itself was made before, and stays. */
  @Test
  void whatIsUsedDoesNotChange() {
    KernelSelection made = KernelSelection.made();
    KernelSelection other = with(Map.of("shardsum.kernels", "scalar"));
    assertSame(made, KernelSelection.made());
    if (HAS_VECTORS) {
      assertNotSame(made.kernels(), other.kernels(), made::reason);
    }
  }
}
