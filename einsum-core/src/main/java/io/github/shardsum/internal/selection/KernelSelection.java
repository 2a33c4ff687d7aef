package io.github.shardsum.internal.selection;

import io.github.shardsum.internal.kernel.Fma;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.scalar.ScalarKernels;
import io.github.shardsum.internal.vector.VectorKernels;
import java.util.List;
import java.util.Optional;

/**
 * The implementation of the kernels that this JVM uses, and the reason for it.
 *
 * @param kernels the implementation
 * @param reason why it was chosen
 * @param remedy how to get a faster one, if there is a way
 */
public record KernelSelection(KernelSet kernels, String reason, Optional<String> remedy) {
  /**
   * The system property that names the implementation, scalar or vector. If the property is absent
   * or empty, the fastest one is chosen.
   */
  public static final String PROPERTY = "shardsum.kernels";

  /** The JDK on which all kernels were tried. */
  private static final int TRIED_JDK = 25;

  private static final int JDK = Runtime.version().feature();
  private static final String ON_TRIED_JDK = "run it on JDK " + TRIED_JDK;

  private static final KernelSelection MADE = make();

  private static final String ASK_FOR_VECTORS = "-D" + PROPERTY + "=vector selects vectors anyway";

  /** The fastest implementation that this JVM can run; chosen once. */
  public static KernelSet best() {
    return MADE.kernels;
  }

  /** The plain loops: the reference for the others. */
  public static KernelSet scalar() {
    return ScalarKernels.ALL;
  }

  /** The kernels that this JVM uses, and the reason for them. */
  public static KernelSelection made() {
    return MADE;
  }

  static KernelSelection make() {
    String wanted = System.getProperty(PROPERTY, "");
    Optional<String> complaint = complaint(wanted);
    if (complaint.isPresent()) {
      warn(complaint.get());
    }
    KernelSelection choice = make(wanted);
    if (choice.remedy.isPresent()) {
      warn("no vector kernels: " + choice.reason + "; " + choice.remedy.get());
    }
    return choice;
  }

  /** The complaint about a value of the property, if there is one. */
  static Optional<String> complaint(String wanted) {
    return List.of("", "scalar", "vector").contains(wanted)
        ? Optional.empty()
        : Optional.of(
            PROPERTY + ": expected scalar or vector, got \"" + wanted + "\"; it is ignored");
  }

  private static void warn(String what) {
    System.getLogger("io.github.shardsum.kernel").log(System.Logger.Level.WARNING, what);
  }

  /** The choice: plain loops if the Vector API of this JDK lacks a method that the kernels call. */
  private static KernelSelection make(String wanted) {
    try {
      return choose(wanted);
    } catch (LinkageError changed) {
      return scalar("the Vector API of JDK " + JDK + " is another: " + changed, ON_TRIED_JDK);
    }
  }

  private static KernelSelection choose(String wanted) {
    if (wanted.equals("scalar")) {
      return new KernelSelection(scalar(), PROPERTY + " is scalar", Optional.empty());
    }
    if (!vectorsAreThere()) {
      return scalar(
          "the module jdk.incubator.vector is missing",
          "pass --add-modules jdk.incubator.vector to java");
    }
    // Only now may the class that names the Vector API be touched.
    if (VectorKernels.width() < 128) {
      return scalar("vectors have " + VectorKernels.width() + " bits", "expected 128 bits");
    }
    if (!Fma.IN_HARDWARE) {
      return scalar(
          "the machine has no fused multiply-add", "an x86-64-v3 or AArch64 machine has it");
    }
    if (!wanted.equals("vector")) {
      // Unless C2 compiles the kernels, vectors are objects and slower than any loop.
      if (property("java.vm.info").contains("interpreted mode")) {
        return scalar("the JVM only interprets", "drop -Xint, or " + ASK_FOR_VECTORS);
      }
      if (property("java.vm.info").contains("emulated-client")) {
        return scalar("the JVM runs without C2", "drop TieredStopAtLevel, or " + ASK_FOR_VECTORS);
      }
      String name = property("java.vm.name");
      boolean hasC2 = name.contains("OpenJDK") || name.contains("HotSpot");
      if (!hasC2 || property("java.vm.version").contains("jvmci")) {
        return scalar("the JVM is " + name, ASK_FOR_VECTORS);
      }
    }
    return trusted(JDK, VectorKernels.make());
  }

  /**
   * Vector kernels for a JDK. On a JDK on which they were not tried, they must pass the self-test.
   */
  static KernelSelection trusted(int jdk, KernelSet vectors) {
    String width = "the machine's vectors have " + vectors.bits() + " bits";
    if (jdk == TRIED_JDK) {
      return new KernelSelection(vectors, width, Optional.empty());
    }
    return KernelSelfTest.failure(vectors)
        .map(why -> scalar("the self-test failed on JDK " + jdk + ": " + why, ON_TRIED_JDK))
        .orElseGet(
            () ->
                new KernelSelection(
                    vectors, width + ", and the self-test passed on JDK " + jdk, Optional.empty()));
  }

  private static boolean vectorsAreThere() {
    // On the module path the module must also be readable; "requires static" ensures this if it
    // is present.
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static String property(String name) {
    return System.getProperty(name, "");
  }

  private static KernelSelection scalar(String reason, String remedy) {
    return new KernelSelection(scalar(), reason, Optional.of(remedy));
  }
}
