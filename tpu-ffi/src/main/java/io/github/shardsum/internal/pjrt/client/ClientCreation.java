package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.KeyValueCallbacks;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.host.LoadAdvice;
import io.github.shardsum.internal.pjrt.host.NativeCallDeadline;
import io.github.shardsum.pjrt.ClientOptions;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** The creation of a client under a deadline, and the handling of its failure. */
public final class ClientCreation {
  private ClientCreation() {}

  /**
   * Creates a client.
   *
   * @param origin the plugin's file
   * @param api the plugin's functions
   * @param options options for the plugin, and the deadline
   * @param destroy destroys a client that comes after the deadline
   * @param wrap makes the object of a client, which keeps the callbacks reachable
   */
  public static PjrtClient create(
      String origin,
      Api api,
      ClientOptions options,
      Consumer<MemorySegment> destroy,
      BiFunction<MemorySegment, Arena, PjrtClient> wrap) {
    // The arena is collected when no thread can call the callbacks any more. The thread that
    // creates the client keeps the arena reachable, and later the client does.
    Arena callbacks = Arena.ofAuto();
    try {
      MemorySegment client =
          NativeCallDeadline.call(
              "client of " + origin,
              () -> createNow(api, options, callbacks),
              options.deadline(),
              PjrtFunction.CLIENT_CREATE.symbol(),
              "the devices do not answer; see whether another process holds them, and"
                  + " on a TPU slice"
                  + " start the program on all its hosts",
              destroy);
      return wrap.apply(client, callbacks);
    } catch (PjrtException e) {
      throw LoadAdvice.added(Path.of(origin), e);
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
