package io.github.shardsum.internal.pjrt.abi;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Java methods as C functions. */
public final class Upcalls {
  private static final Logger LOGGER = System.getLogger("io.github.shardsum.pjrt");

  private Upcalls() {}

  /** A function pointer to a method of an object; the pointer is valid as long as the arena. */
  @SuppressWarnings("restricted")
  public static MemorySegment stub(
      MethodHandles.Lookup lookup,
      Object receiver,
      String method,
      MethodType type,
      FunctionDescriptor descriptor,
      Arena arena) {
    try {
      return Linker.nativeLinker()
          .upcallStub(lookup.bind(receiver, method, type), descriptor, arena);
    } catch (NoSuchMethodException | IllegalAccessException e) {
      throw new IllegalStateException(method + ": " + e, e);
    }
  }

  /** Handles a throwable that must not reach native code. */
  static void swallow(Throwable e) {
    try {
      LOGGER.log(Level.WARNING, "in a callback of a PJRT plugin", e);
    } catch (Throwable ignored) {
      // A logger that fails must not end the JVM either.
      return;
    }
  }

  /** Logs a message of the binding. */
  public static void warn(String message) {
    LOGGER.log(Level.WARNING, message);
  }
}
