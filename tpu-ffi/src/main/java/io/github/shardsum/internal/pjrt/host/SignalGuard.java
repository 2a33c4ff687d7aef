package io.github.shardsum.internal.pjrt.host;

import io.github.shardsum.internal.pjrt.abi.Libc;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts the process's signal handlers back after native code ran.
 *
 * <p>HotSpot uses SIGSEGV for null checks, stack overflows and safepoints. A plugin that installs
 * its own handler for crash reports, as libtpu does, would end the JVM at the next null pointer.
 */
public final class SignalGuard implements AutoCloseable {
  /** The last standard signal; the kernel refuses the two signals that cannot have a handler. */
  private static final int LAST = 31;

  private final Arena arena = Arena.ofConfined();
  private final List<MemorySegment> before = new ArrayList<>();

  /** Notes all handlers. */
  public SignalGuard() {
    for (int signal = 1; signal <= LAST; signal++) {
      before.add(action(signal));
    }
  }

  private MemorySegment action(int signal) {
    MemorySegment action = arena.allocate(Libc.signalActionLayout());
    return Libc.signalAction(signal, MemorySegment.NULL, action) ? action : MemorySegment.NULL;
  }

  /** Restores the handlers that changed. */
  @Override
  public void close() {
    for (int signal = 1; signal <= LAST; signal++) {
      MemorySegment was = before.get(signal - 1);
      if (!NativeMemory.isNull(was) && was.mismatch(action(signal)) >= 0) {
        Libc.signalAction(signal, was, MemorySegment.NULL);
      }
    }
    arena.close();
  }
}
