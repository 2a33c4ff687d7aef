package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.Api;
import io.github.shardsum.internal.pjrt.Call;
import io.github.shardsum.internal.pjrt.Deadline;
import io.github.shardsum.internal.pjrt.KeyValueCallbacks;
import io.github.shardsum.internal.pjrt.NamedValues;
import io.github.shardsum.internal.pjrt.Remedies;
import io.github.shardsum.internal.pjrt.Scratch;
import io.github.shardsum.internal.pjrt.Slot;
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
      throw Remedies.added(Path.of(plugin.origin()), e);
    }
  }

  private static MemorySegment createNow(Api api, ClientOptions options, Arena callbacks) {
    try (Scratch scratch = api.scratch()) {
      Call call =
          api.prepare(scratch, Slot.CLIENT_CREATE)
              .set("create_options", NamedValues.write(scratch, options.options().values()))
              .set("num_options", options.options().values().size());
      options.store().ifPresent(store -> new KeyValueCallbacks(store, callbacks).into(call));
      return call.invoke().pointer("client");
    }
  }
}
