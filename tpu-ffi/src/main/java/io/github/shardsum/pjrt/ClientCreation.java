package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.KeyValueCallbacks;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.host.Deadline;
import io.github.shardsum.internal.pjrt.host.LoadAdvice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** The creation of a client, under a deadline, and what to do about its failure. */
final class ClientCreation {
  private ClientCreation() {}

  static PjrtClient create(PjrtPlugin plugin, ClientOptions options) {
    // Collected when no thread can call any more: the client holds it, or the thread that creates
    // one.
    Arena callbacks = Arena.ofAuto();
    try {
      MemorySegment client =
          Deadline.call(
              "client of " + plugin.origin(),
              () -> createNow(plugin.api(), options, callbacks),
              options.deadline(),
              PjrtFunction.CLIENT_CREATE.symbol(),
              "the devices do not answer; see whether another process holds them, and on a TPU slice"
                  + " start the program on all its hosts",
              late -> PjrtClient.destroy(plugin.api(), late));
      return PjrtClient.of(plugin, options, client, callbacks);
    } catch (PjrtException e) {
      throw LoadAdvice.added(Path.of(plugin.origin()), e);
    }
  }

  private static MemorySegment createNow(Api api, ClientOptions options, Arena callbacks) {
    try (CallArena scratch = api.scratch()) {
      Call call =
          api.prepare(scratch, PjrtFunction.CLIENT_CREATE)
              .set("create_options", NamedValues.write(scratch, options.options().values()))
              .set("num_options", options.options().values().size());
      options.store().ifPresent(store -> new KeyValueCallbacks(store, callbacks).into(call));
      return call.invoke().pointer("client");
    }
  }
}
