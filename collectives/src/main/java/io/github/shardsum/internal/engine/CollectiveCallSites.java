package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Device;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds the place in the caller's program that entered a collective. */
final class CollectiveCallSites {
  private static final String OWN = CollectiveCallSites.class.getPackageName() + ".";
  private static final Set<String> FACADES =
      Set.of(Device.class.getName(), Collectives.class.getName());
  private static final List<String> JDK = List.of("java.", "jdk.", "sun.");

  private CollectiveCallSites() {}

  /** The calling thread's place in the caller's code. */
  static String here() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .filter(frame -> isCallers(frame.getClassName()))
                    .findFirst()
                    .map(frame -> text(frame.toStackTraceElement()))
                    .orElse(""));
  }

  /** Another thread's position in the caller's code; empty if the thread runs no such code. */
  static Optional<String> of(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (isCallers(frame.getClassName())) {
        return Optional.of(text(frame));
      }
    }
    return Optional.empty();
  }

  private static boolean isCallers(String name) {
    return !name.startsWith(OWN)
        && !FACADES.contains(name)
        && JDK.stream().noneMatch(name::startsWith);
  }

  private static String text(StackTraceElement frame) {
    String name = frame.getClassName();
    return name.substring(name.lastIndexOf('.') + 1)
        + "."
        + frame.getMethodName()
        + "("
        + frame.getFileName()
        + ":"
        + frame.getLineNumber()
        + ")";
  }
}
