package io.github.shardsum.testsupport;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/**
 * Prints, for each test that fails, the command that tries the same cases again, natively and in
 * the machine's locale.
 */
public final class RepeatCommand implements TestExecutionListener {
  private static final String NATIVE = "native";

  /** Made by the service loader of JUnit's launcher. */
  public RepeatCommand() {}

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == TestExecutionResult.Status.FAILED) {
      test.getSource()
          .flatMap(source -> of(source, System.getProperty("shardsum.test.mode", NATIVE)))
          .ifPresent(command -> System.out.println("to repeat: " + command));
    }
  }

  /**
   * Returns the command for a test.
   *
   * @param source the location of the test
   * @param mode the mode of the run: {@code native}, or another one, which is added as a comment
   * @return the command; empty if the source is not a class
   */
  static Optional<String> of(TestSource source, String mode) {
    String comment = mode.equals(NATIVE) ? "" : " # failed in mode " + mode;
    return switch (source) {
      case MethodSource method ->
          Optional.of(command(method.getClassName(), "#" + method.getMethodName()) + comment);
      case ClassSource type -> Optional.of(command(type.getClassName(), "") + comment);
      default -> Optional.empty();
    };
  }

  private static String command(String type, String method) {
    List<String> words = new ArrayList<>(List.of("build/test"));
    String name = type.substring(type.lastIndexOf('.') + 1);
    words.add(name.contains("$") ? name.substring(0, name.indexOf('$')) : name + method);
    if (TestDepth.current() != TestDepth.FULL) {
      words.add("-Dtests.depth=" + TestDepth.current().name().toLowerCase(Locale.ROOT));
    }
    String rotation = System.getProperty("shardsum.test.rotation", "0");
    if (TestDepth.current() == TestDepth.EXHAUSTIVE && !rotation.equals("0")) {
      words.add("-Dtests.rotation=" + rotation);
    }
    return String.join(" ", words);
  }
}
