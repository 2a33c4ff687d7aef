package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Loads a plugin and uses the signals that HotSpot lives on, in a process that may die of it. Says
 * each thing that went well.
 */
final class Signals {
  private static final int ROUNDS = 200_000;
  private static final int LAST_SIGNAL = 31;
  private static final long ACTION_BYTES = 256;

  /** What a run says in which all went well. */
  static final List<String> GOOD =
      List.of(
          "every signal has the handler that it had",
          "a null check by SIGSEGV",
          "stack overflow",
          "a null check after a safepoint");

  private Signals() {}

  /**
   * Tries.
   *
   * @param arguments the plugin
   */
  public static void main(String[] arguments) {
    warmUp();
    List<String> before = signals();
    PjrtPlugin.open(Path.of(arguments[0]));
    List<String> after = new ArrayList<>(signals());
    after.removeAll(before);
    after.forEach(System.out::println);
    say(0, after.isEmpty());
    say(1, isChecked(Signals::first));
    say(2, overflows());
    System.gc();
    say(3, isChecked(Signals::second));
    Runtime.getRuntime().halt(0);
  }

  private static void say(int what, boolean well) {
    System.out.println("\n" + ChildJvm.MARK + (well ? GOOD.get(what) : "NOT " + GOOD.get(what)));
  }

  /**
   * What the process does on each signal: glibc's struct sigaction, whose first word is the
   * handler.
   */
  @SuppressWarnings("restricted")
  private static List<String> signals() {
    Linker linker = Linker.nativeLinker();
    MethodHandle sigaction =
        linker.downcallHandle(
            linker.defaultLookup().find("sigaction").orElseThrow(),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    List<String> all = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
        MemorySegment action = arena.allocate(ACTION_BYTES, 8);
        int status = (int) sigaction.invokeExact(signal, MemorySegment.NULL, action);
        all.add(signal + ": " + status + ", " + action.get(JAVA_LONG, 0));
      }
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return all;
  }

  /** Compiled for texts that are there, so that the compiler leaves the null check to SIGSEGV. */
  private static void warmUp() {
    int sum = 0;
    for (int i = 0; i < ROUNDS; i++) {
      sum += first("a") + second("b");
    }
    if (sum != 2 * ROUNDS) {
      throw new AssertionError(sum);
    }
  }

  private static int first(String text) {
    return text.length();
  }

  private static int second(String text) {
    return text.length();
  }

  private static boolean isChecked(ToIntFunction<String> length) {
    try {
      return length.applyAsInt(nothing()) < 0;
    } catch (NullPointerException expected) {
      return true;
    }
  }

  private static String nothing() {
    return System.getProperty("no.such.property");
  }

  private static boolean overflows() {
    try {
      return endless(1) < 0;
    } catch (StackOverflowError expected) {
      return true;
    }
  }

  private static int endless(int depth) {
    return depth < 0 ? 0 : depth + endless(depth + 1) + 1;
  }
}
