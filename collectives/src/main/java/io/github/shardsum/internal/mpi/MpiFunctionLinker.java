package io.github.shardsum.internal.mpi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Links functions of C by signatures with one letter for each argument. */
final class MpiFunctionLinker {
  private static final char POINTER = 'p';
  private static final char INT = 'i';
  private static final char HANDLE = 'h';

  private MpiFunctionLinker() {}

  /**
   * A function that returns an int.
   *
   * @param signature {@code p} a pointer (MemorySegment), {@code i} an int, {@code h} an MPI handle
   *     (long)
   */
  @SuppressWarnings("restricted")
  static MethodHandle bind(
      SymbolLookup library, String name, String signature, MemoryLayout handle) {
    MemoryLayout[] layouts = new MemoryLayout[signature.length()];
    Class<?>[] seen = new Class<?>[signature.length()];
    for (int i = 0; i < layouts.length; i++) {
      char kind = signature.charAt(i);
      layouts[i] =
          switch (kind) {
            case POINTER -> ValueLayout.ADDRESS;
            case INT -> ValueLayout.JAVA_INT;
            case HANDLE -> handle;
            default -> throw new IllegalArgumentException(name + ": " + signature);
          };
      seen[i] = kind == POINTER ? MemorySegment.class : kind == INT ? int.class : long.class;
    }
    MethodHandle call =
        Linker.nativeLinker()
            .downcallHandle(
                library.findOrThrow(name), FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts));
    return MethodHandles.explicitCastArguments(call, MethodType.methodType(int.class, seen));
  }

  /** The error of a downcall that threw; only a defect of the binding makes one throw. */
  static IllegalStateException defect(String function, Throwable thrown) {
    return new IllegalStateException(function + ": the binding is wrong", thrown);
  }
}
