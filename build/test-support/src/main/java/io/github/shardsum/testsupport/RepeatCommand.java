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

/** Prints, for each test that fails, the command that runs it again as it was. */
public final class RepeatCommand implements TestExecutionListener {
  /** Made by the service loader of JUnit's launcher. */
  public RepeatCommand() {}

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == TestExecutionResult.Status.FAILED) {
      test.getSource()
          .flatMap(RepeatCommand::of)
          .ifPresent(command -> System.out.println("to repeat: " + command));
    }
  }

  /**
   * Returns the command for a test.
   *
   * @param source where the test is written
   * @return the command, or nothing of a source that is no class
   */
  static Optional<String> of(TestSource source) {
    return switch (source) {
      case MethodSource method ->
          Optional.of(command(method.getClassName(), "#" + method.getMethodName()));
      case ClassSource type -> Optional.of(command(type.getClassName(), ""));
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
