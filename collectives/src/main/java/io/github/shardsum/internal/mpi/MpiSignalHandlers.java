package io.github.shardsum.internal.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The functions of the C library that make an MPI safe inside a JVM. */
final class MpiSignalHandlers {
  /**
   * Variables for libraries below MPI that install handlers of SIGSEGV and similar signals while
   * they load: UCX (openucx/ucx #3337, #4870), Open MPI's own, and the PSM family. Such a handler
   * would end the JVM at its first implicit null check.
   */
  private static final Map<String, String> NO_HANDLERS =
      Map.of(
          "UCX_HANDLE_ERRORS", "none",
          "OMPI_MCA_opal_signal", "",
          "IPATH_NO_BACKTRACE", "1",
          "HFI_NO_BACKTRACE", "1",
          "PSM3_BACKTRACE", "0");

  /**
   * SIGHUP, INT, QUIT, ILL, TRAP, BUS, FPE, SEGV, USR2, PIPE, TERM, XFSZ: the signals that the JVM
   * handles.
   */
  private static final int[] SIGNALS_OF_THE_JVM = {1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 15, 25};

  /** More bytes than struct sigaction has on any Linux (152 in glibc on x86-64). */
  private static final long SIGACTION_BYTES = 256;

  private final MethodHandle setenv;
  private final MethodHandle sigaction;

  MpiSignalHandlers() {
    SymbolLookup library = Linker.nativeLinker().defaultLookup();
    setenv = MpiFunctionLinker.bind(library, "setenv", "ppi", ValueLayout.JAVA_INT);
    sigaction = MpiFunctionLinker.bind(library, "sigaction", "ipp", ValueLayout.JAVA_INT);
  }

  /** Sets the environment variables that tell the libraries below MPI to leave signals alone. */
  void forbidSignalHandlers() {
    try (Arena arena = Arena.ofConfined()) {
      for (Map.Entry<String, String> entry : NO_HANDLERS.entrySet()) {
        int _ =
            (int)
                setenv.invokeExact(
                    arena.allocateFrom(entry.getKey()), arena.allocateFrom(entry.getValue()), 1);
      }
    } catch (Throwable e) {
      throw MpiFunctionLinker.defect("setenv", e);
    }
  }

  /** The current handlers of the JVM's signals, to be restored later. */
  List<MemorySegment> handlers(Arena arena) {
    List<MemorySegment> handlers = new ArrayList<>();
    for (int signal : SIGNALS_OF_THE_JVM) {
      MemorySegment handler = arena.allocate(SIGACTION_BYTES, Long.BYTES);
      act(signal, MemorySegment.NULL, handler);
      handlers.add(handler);
    }
    return handlers;
  }

  /**
   * Restores the handlers that are no longer the JVM's.
   *
   * @return their numbers
   */
  List<Integer> restore(List<MemorySegment> handlers) {
    List<Integer> taken = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      for (int i = 0; i < SIGNALS_OF_THE_JVM.length; i++) {
        MemorySegment now = arena.allocate(SIGACTION_BYTES, Long.BYTES);
        act(SIGNALS_OF_THE_JVM[i], MemorySegment.NULL, now);
        if (now.mismatch(handlers.get(i)) >= 0) {
          act(SIGNALS_OF_THE_JVM[i], handlers.get(i), MemorySegment.NULL);
          taken.add(SIGNALS_OF_THE_JVM[i]);
        }
      }
    }
    return taken;
  }

  private void act(int signal, MemorySegment wanted, MemorySegment before) {
    try {
      int _ = (int) sigaction.invokeExact(signal, wanted, before);
    } catch (Throwable e) {
      throw MpiFunctionLinker.defect("sigaction", e);
    }
  }
}
