package io.github.shardsum.testsupport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.engine.support.descriptor.UriSource;
import org.junit.platform.launcher.TestExecutionListener;

class RepeatCommandTest {
  private static final String DEPTH =
      switch (TestDepth.current()) {
        case SHORT -> " -Dtests.depth=short";
        case FULL -> "";
        case EXHAUSTIVE -> " -Dtests.depth=exhaustive";
      };

  @Test
  void aMethodIsRunAlone() {
    assertStarts("build/test ShapeTest#isRow" + DEPTH, MethodSource.from("a.b.ShapeTest", "isRow"));
  }

  @Test
  void aNestedClassIsRunWithItsOuterOne() {
    assertStarts("build/test ShapeTest" + DEPTH, MethodSource.from("a.ShapeTest$Rows", "isRow"));
    assertStarts("build/test ShapeTest" + DEPTH, ClassSource.from("a.ShapeTest"));
  }

  @Test
  void aSourceThatIsNoClassHasNone() {
    UriSource file = () -> java.net.URI.create("file:///nowhere");
    assertEquals(Optional.empty(), RepeatCommand.of(file, "128"));
  }

  @Test
  void theLauncherFindsIt() {
    assertTrue(
        ServiceLoader.load(TestExecutionListener.class).stream()
            .anyMatch(each -> each.type() == RepeatCommand.class));
  }

  private static void assertStarts(String expected, org.junit.platform.engine.TestSource source) {
    String command = RepeatCommand.of(source, "native").orElseThrow();
    assertTrue(command.startsWith(expected) && !command.contains("mode"), command);
    assertEquals(command + " # failed in mode 128", RepeatCommand.of(source, "128").orElseThrow());
  }
}
