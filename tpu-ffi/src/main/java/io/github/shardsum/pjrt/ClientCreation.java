package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.Api;
import io.github.shardsum.internal.pjrt.Call;
import io.github.shardsum.internal.pjrt.Deadline;
import io.github.shardsum.internal.pjrt.KeyValueCallbacks;
import io.github.shardsum.internal.pjrt.NamedValues;
import io.github.shardsum.internal.pjrt.Slot;
import io.github.shardsum.internal.pjrt.TpuHost;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The creation of a client, under a deadline, and what to do about its failure. */
final class ClientCreation {
  private ClientCreation() {}

  static PjrtClient create(PjrtPlugin plugin, ClientOptions options) {
    // Collected when nobody can call any more: the client holds it, or the thread that creates one.
    Arena callbacks = Arena.ofAuto();
    try {
      MemorySegment client =
          Deadline.call(
              "client of " + plugin.origin(),
              () -> createNow(plugin.api(), options, callbacks),
              options.deadline(),
              Slot.CLIENT_CREATE.symbol(),
              "the devices do not answer; see whether another process holds them, and on a TPU slice"
                  + " start the program on all its hosts",
              late -> PjrtClient.destroy(plugin.api(), late));
      return PjrtClient.of(plugin, options, client, callbacks);
    } catch (PjrtException e) {
      throw withRemedy(plugin, e);
    }
  }

  private static MemorySegment createNow(Api api, ClientOptions options, Arena callbacks) {
    try (Arena arena = Arena.ofConfined()) {
      Call call =
          api.prepare(arena, Slot.CLIENT_CREATE)
              .set("create_options", NamedValues.write(arena, options.options().values()))
              .set("num_options", options.options().values().size());
      options.store().ifPresent(store -> new KeyValueCallbacks(store, callbacks).into(call));
      return call.invoke().pointer("client");
    }
  }

  private static PjrtException withRemedy(PjrtPlugin plugin, PjrtException failure) {
    String remedy = remedy(plugin, failure);
    return remedy.isEmpty()
        ? failure
        : new PjrtException(
            failure.code(), failure.call(), failure.detail() + "; " + remedy, failure);
  }

  private static String remedy(PjrtPlugin plugin, PjrtException failure) {
    String said = failure.detail();
    if (said.contains("already in use") || said.contains("lockfile")) {
      return "one process at a time may hold a TPU: end the other one (`lsof -w /dev/accel0 /dev/vfio/*`"
          + " names it), and remove /tmp/libtpu_lockfile if none is left";
    }
    if (TpuHost.isLibtpu(Path.of(plugin.origin()))) {
      int chips = TpuHost.ofThisMachine().chips();
      return chips == 0
          ? "this machine has no TPU on its PCI bus: run on a TPU host, compile ahead of time for a"
              + " topology, or use a CPU plugin (docs/tpu.md)"
          : "this machine has "
              + chips
              + " TPU chips: see whether this user may read /dev/accel* or"
              + " /dev/vfio, and whether the program runs on all hosts of the slice (docs/tpu.md)";
    }
    return "";
  }
}
