package io.github.shardsum.internal.pjrt.host;

import io.github.shardsum.pjrt.PjrtException;
import java.nio.file.Path;

/** Advice for a plugin that reports no devices. */
public final class LoadAdvice {
  private LoadAdvice() {}

  /** The failure, with advice if there is any. */
  public static PjrtException added(Path library, PjrtException failure) {
    String remedy = remedy(library, failure.detail(), TpuHost.ofThisMachine());
    return remedy.isEmpty()
        ? failure
        : new PjrtException(
            failure.code(), failure.call(), failure.detail() + "; " + remedy, failure);
  }

  static String remedy(Path library, String said, TpuHost host) {
    if (said.contains("already in use") || said.contains("lockfile")) {
      return "one process at a time may hold a TPU: end the other one (`lsof -w /dev/accel0 /dev/vfio/*`"
          + " names it), and remove /tmp/libtpu_lockfile if none is left";
    }
    if (!TpuHost.isLibtpu(library)) {
      return "";
    }
    return host.chips() == 0
        ? "this machine has no TPU on its PCI bus: run on a TPU host, compile ahead of time for a"
            + " topology, or use a CPU plugin (docs/tpu.md)"
        : "this machine has "
            + host.chips()
            + " TPU chips: see whether this user may read /dev/accel* or /dev/vfio, and whether the"
            + " program runs on all hosts of the slice (docs/tpu.md)";
  }
}
