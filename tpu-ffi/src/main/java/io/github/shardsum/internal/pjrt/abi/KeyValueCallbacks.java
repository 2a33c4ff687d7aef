package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.pjrt.KeyValueStore;
import io.github.shardsum.pjrt.PjrtCode;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * A key-value store as the three functions that a plugin calls. Values are in memory from malloc,
 * which the plugin frees. Exceptions of the store become errors, since nothing may be thrown into
 * native code.
 */
public final class KeyValueCallbacks {
  @SuppressWarnings("restricted")
  private static final MethodHandle MAKE_ERROR =
      Linker.nativeLinker()
          .downcallHandle(FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG));

  private final KeyValueStore store;
  private final MemorySegment get;
  private final MemorySegment tryGet;
  private final MemorySegment put;

  /**
   * Makes the functions.
   *
   * @param arena the lifetime of the functions: that of the client, whose threads may call late
   */
  public KeyValueCallbacks(KeyValueStore store, Arena arena) {
    this.store = store;
    this.get = stub("get", arena);
    this.tryGet = stub("tryGet", arena);
    this.put = stub("put", arena);
  }

  private MemorySegment stub(String method, Arena arena) {
    return Upcalls.stub(
        MethodHandles.lookup(),
        this,
        method,
        MethodType.methodType(MemorySegment.class, MemorySegment.class),
        FunctionDescriptor.of(ADDRESS, ADDRESS),
        arena);
  }

  /** Puts the functions into the arguments of Client_Create. */
  public void into(Call create) {
    create
        .set("kv_get_callback", get)
        .set("kv_try_get_callback", tryGet)
        .set("kv_put_callback", put);
  }

  /** The body of a callback; its result is the reason of a failure. */
  private interface Body {
    Optional<Failure> run(Fields arguments) throws Exception;
  }

  private record Failure(PjrtCode code, String message) {}

  @SuppressWarnings("unused") // called through the stub
  private MemorySegment get(MemorySegment address) {
    return guarded(
        Struct.KEY_VALUE_GET,
        address,
        arguments -> {
          Duration timeout = Duration.ofMillis(Math.max(0, arguments.integer("timeout_in_ms")));
          Optional<byte[]> value = store.get(key(arguments), timeout);
          return answer(
              arguments,
              value,
              new Failure(
                  PjrtCode.DEADLINE_EXCEEDED,
                  "key \"" + arguments.text("key") + "\": not put by anybody within " + timeout));
        });
  }

  @SuppressWarnings("unused") // called through the stub
  private MemorySegment tryGet(MemorySegment address) {
    return guarded(
        Struct.KEY_VALUE_TRY_GET,
        address,
        arguments ->
            answer(
                arguments,
                store.tryGet(key(arguments)),
                new Failure(
                    PjrtCode.NOT_FOUND,
                    "key \"" + arguments.text("key") + "\": not put by anybody yet")));
  }

  @SuppressWarnings("unused") // called through the stub
  private MemorySegment put(MemorySegment address) {
    return guarded(
        Struct.KEY_VALUE_PUT,
        address,
        arguments -> {
          store.put(
              key(arguments),
              NativeMemory.bytes(arguments.pointer("value"), arguments.number("value_size")));
          return Optional.empty();
        });
  }

  private static byte[] key(Fields arguments) {
    return NativeMemory.bytes(arguments.pointer("key"), arguments.number("key_size"));
  }

  private static Optional<Failure> answer(
      Fields arguments, Optional<byte[]> value, Failure otherwise) {
    if (value.isEmpty()) {
      return Optional.of(otherwise);
    }
    byte[] bytes = value.get();
    MemorySegment copy = Libc.allocate(bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, copy, 0, bytes.length);
    arguments
        .set("value", copy)
        .set("value_size", bytes.length)
        .set("value_deleter_callback", Libc.free());
    return Optional.empty();
  }

  private static MemorySegment guarded(Struct struct, MemorySegment address, Body body) {
    try {
      Fields arguments = Fields.at(struct, address);
      Optional<Failure> failure;
      try {
        failure = body.run(arguments);
      } catch (Exception e) {
        failure = Optional.of(new Failure(PjrtCode.INTERNAL, "the key-value store failed: " + e));
      }
      return failure.isEmpty() ? MemorySegment.NULL : error(arguments, failure.get());
    } catch (Throwable e) {
      Upcalls.swallow(e);
      return MemorySegment.NULL;
    }
  }

  private static MemorySegment error(Fields arguments, Failure failure) throws Throwable {
    MemorySegment make = NativeMemory.at(arguments.pointer("callback_error"), 8).get(ADDRESS, 0);
    byte[] text = failure.message().getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      return (MemorySegment)
          MAKE_ERROR.invokeExact(
              make, failure.code().ordinal(), NativeMemory.copy(arena, text), (long) text.length);
    }
  }
}
