package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.Struct;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store as a plugin sees it: function pointers, called while the client is created. */
@SuppressWarnings("restricted")
class KeyValueTest {
  private static final byte[] KEY = {0, 1, -1, 10};
  private static final Linker LINKER = Linker.nativeLinker();

  private final Arena arena = Arena.ofAuto();
  private final List<String> errors = new ArrayList<>();
  private final FakePlugin fake = new FakePlugin();
  private final KeyValueStore store = KeyValueStore.inMemory();

  private interface Script {
    void run(Fields create) throws Throwable;
  }

  /** Creates a client whose creation is the script. */
  private void during(KeyValueStore used, Script script) {
    fake.with(
        PjrtFunction.CLIENT_CREATE,
        create -> {
          script.run(create);
          return fake.error(PjrtCode.UNAVAILABLE, "the script is over");
        });
    PjrtException e =
        assertThrows(
            PjrtException.class,
            () -> fake.open().createClient(ClientOptions.defaults().withStore(used)));
    assertEquals("the script is over", e.detail());
    assertEquals(List.of(), fake.violations);
  }

  @Test
  void whatOneNodePutsAnotherGets() {
    during(
        store,
        create -> {
          assertEquals(0, put(create, KEY, new byte[] {0, 7, 0}));
          assertArrayEquals(new byte[] {0, 7, 0}, get(create, KEY, 1000));
          assertArrayEquals(new byte[] {0, 7, 0}, tryGet(create, KEY));
        });
  }

  @Test
  void anEmptyValueIsAValue() {
    during(
        store,
        create -> {
          put(create, KEY, new byte[0]);
          assertArrayEquals(new byte[0], get(create, KEY, 10));
        });
  }

  @Test
  void getWaitsForAnotherNode() {
    during(
        store,
        create -> {
          CompletableFuture<Void> other =
              CompletableFuture.runAsync(() -> store.put(KEY, new byte[] {5}));
          assertArrayEquals(new byte[] {5}, get(create, KEY, 20_000));
          other.join();
        });
  }

  @Test
  void getGivesUpInTime() {
    during(
        store,
        create -> {
          assertEquals(0, get(create, KEY, 20).length);
          assertEquals(1, errors.size());
          assertTrue(errors.getFirst().startsWith("4 key"), errors.getFirst());
        });
  }

  @Test
  void tryGetSaysNotFoundAtOnce() {
    during(
        store,
        create -> {
          assertEquals(0, tryGet(create, KEY).length);
          assertTrue(errors.getFirst().startsWith("5 key"), errors.getFirst());
        });
  }

  @Test
  void aStoreThatThrowsIsAnErrorOfThePlugin() {
    KeyValueStore broken =
        new KeyValueStore() {
          @Override
          public Optional<byte[]> get(byte[] key, Duration timeout) {
            throw new IllegalStateException("disk full");
          }

          @Override
          public Optional<byte[]> tryGet(byte[] key) {
            return Optional.empty();
          }

          @Override
          public void put(byte[] key, byte[] value) {
            throw new IllegalStateException("disk full");
          }
        };
    during(
        broken,
        create -> {
          assertEquals(99, put(create, KEY, KEY));
          assertEquals(0, get(create, KEY, 10).length);
          assertEquals(2, errors.size());
          assertTrue(errors.getFirst().contains("disk full"), errors.getFirst());
          assertTrue(errors.getFirst().startsWith("13 "), errors.getFirst());
        });
  }

  @Test
  void withoutAStoreThereAreNoCallbacks() {
    fake.with(
        PjrtFunction.CLIENT_CREATE,
        create -> {
          assertEquals(0, create.pointer("kv_get_callback").address());
          return fake.error(PjrtCode.UNAVAILABLE, "enough");
        });
    assertThrows(PjrtException.class, () -> fake.open().createClient());
    assertEquals(List.of(), fake.violations);
  }

  @Test
  void twoProcessesTellEachOtherByASharedStore(@TempDir Path folder) throws Exception {
    List<Process> both = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      both.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "--add-modules=jdk.incubator.vector",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  ChildJvm.classPath(),
                  KeyValueTest.class.getName(),
                  Integer.toString(rank),
                  folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("output" + rank).toFile())
              .start());
    }
    for (int rank = 0; rank < 2; rank++) {
      assertEquals(0, both.get(rank).waitFor(), Files.readString(folder.resolve("output" + rank)));
    }
  }

  /**
   * One of two processes, whose plugin tells the other one its number and waits for the other's.
   *
   * @param arguments the number, 0 or 1, and the folder of the store
   */
  public static void main(String[] arguments) {
    byte rank = Byte.parseByte(arguments[0]);
    byte other = (byte) (1 - rank);
    KeyValueTest self = new KeyValueTest();
    self.during(
        new FolderStore(Path.of(arguments[1])),
        create -> {
          assertEquals(0, self.put(create, new byte[] {rank}, new byte[] {rank, 42}));
          assertArrayEquals(new byte[] {other, 42}, self.get(create, new byte[] {other}, 120_000));
          assertArrayEquals(new byte[] {other, 42}, self.tryGet(create, new byte[] {other}));
        });
  }

  private long put(Fields create, byte[] key, byte[] value) throws Throwable {
    Fields arguments =
        arguments(Struct.KEY_VALUE_PUT, key)
            .set("value", NativeMemory.copy(arena, value))
            .set("value_size", value.length);
    return call(create, "kv_put_callback", arguments);
  }

  private byte[] get(Fields create, byte[] key, int milliseconds) throws Throwable {
    Fields arguments = arguments(Struct.KEY_VALUE_GET, key).setInt("timeout_in_ms", milliseconds);
    return call(create, "kv_get_callback", arguments) == 0 ? value(arguments) : new byte[0];
  }

  private byte[] tryGet(Fields create, byte[] key) throws Throwable {
    Fields arguments = arguments(Struct.KEY_VALUE_TRY_GET, key);
    return call(create, "kv_try_get_callback", arguments) == 0 ? value(arguments) : new byte[0];
  }

  private Fields arguments(Struct struct, byte[] key) throws Throwable {
    MemorySegment makeError =
        LINKER.upcallStub(
            MethodHandles.lookup()
                .bind(
                    this,
                    "makeError",
                    MethodType.methodType(
                        MemorySegment.class, int.class, MemorySegment.class, long.class)),
            FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG),
            arena);
    return new Fields(struct, arena.allocate(struct.stride(), 8))
        .set("key", NativeMemory.copy(arena, key))
        .set("key_size", key.length)
        .set("callback_error", arena.allocateFrom(ADDRESS, makeError));
  }

  @SuppressWarnings("unused") // by its name
  private MemorySegment makeError(int code, MemorySegment text, long size) {
    errors.add(code + " " + NativeMemory.text(text, size));
    return MemorySegment.ofAddress(99);
  }

  private static long call(Fields create, String callback, Fields arguments) throws Throwable {
    MemorySegment error =
        (MemorySegment)
            LINKER
                .downcallHandle(create.pointer(callback), FunctionDescriptor.of(ADDRESS, ADDRESS))
                .invokeExact(arguments.segment());
    return error.address();
  }

  /** Copies the value, then frees it as a plugin does. */
  private static byte[] value(Fields arguments) throws Throwable {
    byte[] copy = NativeMemory.bytes(arguments.pointer("value"), arguments.number("value_size"));
    LINKER
        .downcallHandle(
            arguments.pointer("value_deleter_callback"), FunctionDescriptor.ofVoid(ADDRESS))
        .invokeExact(arguments.pointer("value"));
    return copy;
  }

  @Test
  void keysAreBytesAndNotText() {
    store.put(new byte[] {(byte) 0xff}, new byte[] {1});
    store.put("ÿ".getBytes(StandardCharsets.UTF_8), new byte[] {2});
    assertArrayEquals(new byte[] {1}, store.tryGet(new byte[] {(byte) 0xff}).orElseThrow());
  }
}
