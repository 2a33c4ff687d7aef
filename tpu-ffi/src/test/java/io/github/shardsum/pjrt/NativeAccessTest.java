package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM whose flags deny native calls, which only one of its own can have. */
class NativeAccessTest {
  private static final long MINUTES = 2;

  @TempDir Path folder;

  @Test
  void whoDeniesItIsToldHowToGrantIt() throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(folder, MINUTES, List.of(ChildJvm.DENIED), NativeAccessTest.class);
    assertTrue(outcome.inTime(), "no answer within " + MINUTES + " minutes");
    String said =
        "dlopen: PERMISSION_DENIED: expected native access; start the JVM with"
            + " --enable-native-access=io.github.shardsum.tpu, or ALL-UNNAMED on the class path";
    assertEquals(List.of(said, said), outcome.said());
  }

  /** Asks for a plugin twice: the second time a class may have failed to initialise. */
  public static void main(String[] arguments) {
    Path library = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
    for (int i = 0; i < 2; i++) {
      try {
        System.out.println(ChildJvm.MARK + PjrtPlugin.open(library));
      } catch (PjrtException e) {
        System.out.println(ChildJvm.MARK + e.getMessage());
      } catch (LinkageError e) {
        System.out.println(ChildJvm.MARK + e);
      }
    }
  }
}
