package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is refused, by the plugin or before it is asked. */
class RefusalTest {
  private final FakePlugin fake = new FakePlugin();

  @AfterEach
  void nothingWasUsedThatIsGone() {
    assertEquals(List.of(), fake.violations);
  }

  @Test
  void aCodeThatIsUnknownIsUnknown() {
    assertEquals(PjrtCode.UNKNOWN, PjrtCode.of(99));
    assertEquals(PjrtCode.UNKNOWN, PjrtCode.of(-1));
    assertEquals(PjrtCode.UNAUTHENTICATED, PjrtCode.of(16));
  }

  @Test
  void aBusyTpuIsSaidToBeBusyAndWhatToDo() {
    fake.with(
        PjrtFunction.CLIENT_CREATE,
        _ -> fake.error(PjrtCode.ABORTED, "The TPU is already in use by process with pid 42."));
    PjrtException e = assertThrows(PjrtException.class, () -> fake.open().createClient());
    assertEquals(PjrtCode.ABORTED, e.code());
    assertTrue(e.detail().contains("pid 42"), e.detail());
    assertTrue(e.detail().contains("end the other one"), e.detail());
  }

  @Test
  void aPluginThatDoesNotAnswerEndsInAnErrorInTime() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch destroyed = new CountDownLatch(1);
    fake.with(
        PjrtFunction.CLIENT_CREATE,
        _ -> {
          stuck.await();
          return fake.error(PjrtCode.UNAVAILABLE, "late");
        });
    fake.with(
        PjrtFunction.CLIENT_DESTROY,
        _ -> {
          destroyed.countDown();
          return MemorySegment.NULL;
        });
    ClientOptions options = ClientOptions.defaults().withDeadline(Duration.ofMillis(50));
    PjrtException e = assertThrows(PjrtException.class, () -> fake.open().createClient(options));
    assertEquals(PjrtCode.DEADLINE_EXCEEDED, e.code());
    assertTrue(e.detail().contains("no answer within PT0.05S"), e.detail());
    stuck.countDown();
    assertFalse(destroyed.await(100, TimeUnit.MILLISECONDS));
  }

  @Test
  void aClientThatComesTooLateIsDestroyed() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch destroyed = new CountDownLatch(1);
    fake.with(
        PjrtFunction.CLIENT_CREATE,
        arguments -> {
          stuck.await();
          arguments.set("client", MemorySegment.ofAddress(4096));
          return MemorySegment.NULL;
        });
    fake.with(
        PjrtFunction.CLIENT_DESTROY,
        arguments -> {
          assertEquals(4096, arguments.pointer("client").address());
          destroyed.countDown();
          return MemorySegment.NULL;
        });
    ClientOptions options = ClientOptions.defaults().withDeadline(Duration.ofMillis(50));
    assertThrows(PjrtException.class, () -> fake.open().createClient(options));
    stuck.countDown();
    assertTrue(destroyed.await(20, TimeUnit.SECONDS));
  }

  @Test
  void aDeletedBufferIsNotGivenToThePlugin() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer = buffer(client)) {
      assertFalse(buffer.isDeleted());
      buffer.delete();
      assertTrue(buffer.isDeleted());
      PjrtException e = assertThrows(PjrtException.class, buffer::toTensor);
      assertEquals(PjrtCode.FAILED_PRECONDITION, e.code());
      assertFalse(fake.calls.contains(PjrtFunction.BUFFER_TO_HOST_BUFFER));
      assertThrows(PjrtException.class, buffer::ready);
      assertThrows(PjrtException.class, () -> buffer.copyTo(client.devices().get(1)));
    }
  }

  @Test
  void whatBelongsToAnotherClientIsRefused() {
    PjrtPlugin plugin = fake.open();
    FakePlugin other = new FakePlugin();
    try (PjrtClient mine = plugin.createClient();
        PjrtClient theirs = other.open().createClient();
        PjrtLoadedExecutable program = mine.compile("m", PjrtCompileOptions.defaults());
        PjrtBuffer buffer = buffer(theirs)) {
      assertThrows(IllegalArgumentException.class, () -> program.run(buffer));
      assertThrows(
          IllegalArgumentException.class,
          () -> mine.bufferFrom(Tensor.of(new float[1], 1), theirs.devices().getFirst()));
      assertFalse(fake.calls.contains(PjrtFunction.LOADED_EXECUTABLE_EXECUTE));
    }
  }

  @Test
  void anArgumentThatIsNullIsTold() {
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
        PjrtBuffer in = buffer(client)) {
      PjrtBuffer[] arguments = {in, null};
      String told =
          assertThrows(NullPointerException.class, () -> program.run(arguments)).getMessage();
      assertEquals("argument 1: must be a buffer, got null", told);
    }
  }

  @Test
  void argumentsThatDoNotFitTheDevicesAreRefused() {
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
        PjrtBuffer in = buffer(client)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> program.launch(List.of(List.of(in), List.of(in)), ExecuteOptions.defaults()));
      assertThrows(
          IllegalArgumentException.class,
          () -> program.launch(List.of(List.of(in)), ExecuteOptions.defaults().withKeep(1)));
    }
  }

  @Test
  void moreDevicesThanThereAreAreRefusedBeforeThePlugin() {
    try (PjrtClient client = fake.open().createClient()) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> client.compile("m", PjrtCompileOptions.partitioned(3)));
      assertTrue(e.getMessage().contains("1 to 2 devices are there"), e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> client.defaultAssignment(3, 1));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              client.compile(
                  "m", PjrtCompileOptions.partitioned(2).withAssignment(List.of(List.of(0, 7)))));
      assertThrows(
          IllegalArgumentException.class, () -> client.compile("", PjrtCompileOptions.defaults()));
      assertFalse(fake.calls.contains(PjrtFunction.CLIENT_COMPILE));
    }
  }

  @Test
  void aProgramEndsWithAZeroWhateverWasCompiledBefore() {
    try (PjrtClient client = fake.open().createClient()) {
      for (int length : new int[] {1000, 1, 7, 8, 500, 64, 3}) {
        client.compile("m".repeat(length), PjrtCompileOptions.defaults()).close();
      }
    }
  }

  @Test
  void bytesThatDoNotFitTheShapeAreRefused() {
    try (PjrtClient client = fake.open().createClient()) {
      PjrtDevice device = client.devices().getFirst();
      for (long[] sizes : new long[][] {{3}, {-1}, {1L << 40, 1L << 40}}) {
        assertThrows(
            IllegalArgumentException.class,
            () -> client.bufferFrom(new byte[4], PjrtType.F32, sizes, device));
      }
      assertThrows(
          IllegalArgumentException.class,
          () -> client.bufferFrom(new byte[4], PjrtType.S4, new long[] {8}, device));
      assertThrows(
          IllegalArgumentException.class,
          () -> client.bufferFrom(new byte[0], PjrtType.TOKEN, new long[0], device));
      assertFalse(fake.calls.contains(PjrtFunction.CLIENT_BUFFER_FROM_HOST_BUFFER));
    }
  }

  @Test
  void aTypeThatIsNewerThanOursIsAnErrorWhenItIsRead() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer = buffer(client)) {
      fake.with(
          PjrtFunction.BUFFER_ELEMENT_TYPE,
          arguments -> {
            arguments.setInt("type", 77);
            return MemorySegment.NULL;
          });
      PjrtException e = assertThrows(PjrtException.class, buffer::toTensor);
      assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    }
  }

  @Test
  void typesThatTensorsLackTravelAsBytes() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer =
            client.bufferFrom(
                new byte[] {1, 2, 3, 4}, PjrtType.F16, new long[] {2}, client.devices().get(1))) {
      assertArrayEquals(new byte[] {1, 2, 3, 4}, buffer.toBytes());
      assertEquals(client.devices().get(1), buffer.device());
      PjrtException e = assertThrows(PjrtException.class, buffer::toTensor);
      assertTrue(e.detail().contains("toBytes()"), e.detail());
    }
  }

  @Test
  void aBoolIsZeroOrOneOnTheDevice() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer =
            client.bufferFrom(
                Tensor.ofBool(new byte[] {0, 1, 5, -1}, 4), client.devices().getFirst())) {
      assertArrayEquals(new byte[] {0, 1, 1, 1}, buffer.toBytes());
    }
  }

  @Test
  void aViewArrivesRowMajor() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer =
            client.bufferFrom(
                Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose(),
                client.devices().getFirst())) {
      assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, buffer.toTensor().toFloatArray());
    }
  }

  @Test
  void theEventOfAFailedReadIsDestroyed() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer = buffer(client)) {
      PjrtEvent event = buffer.ready();
      event.close();
      fake.with(
          PjrtFunction.BUFFER_TO_HOST_BUFFER,
          _ -> fake.error(PjrtCode.INTERNAL, "the wire is cut"));
      assertThrows(PjrtException.class, buffer::toTensor);
    }
    fake.awaitEmpty();
  }

  @Test
  void optionsOfAWrongTypeAreRefused() {
    PjrtOptions none = PjrtOptions.none();
    assertThrows(
        IllegalArgumentException.class, () -> none.with("cpu_device_count", PjrtValue.of("8")));
    assertThrows(IllegalArgumentException.class, () -> none.with("cpu_device_count", 0));
    assertThrows(IllegalArgumentException.class, () -> none.with("num_slices", 0));
    assertThrows(IllegalArgumentException.class, () -> none.with("wrap", PjrtValue.of(1L, 1L)));
    IllegalArgumentException nameless =
        assertThrows(IllegalArgumentException.class, () -> none.with("", 1));
    assertTrue(nameless.getMessage().contains("expected a name"), nameless.getMessage());
    assertEquals(
        Map.of("new_option", PjrtValue.of(true)),
        none.with("new_option", PjrtValue.of(true)).values());
  }

  @Test
  void topologiesThatLibtpuDividesByZeroForAreRefused() {
    PjrtPlugin plugin = fake.open();
    for (String name : new String[] {"", " ", "v5e:0x0", "v5e:2x0", "v4:2x00x2", "v5e_0x4"}) {
      assertThrows(IllegalArgumentException.class, () -> plugin.topology(name), name);
    }
    assertFalse(fake.calls.contains(PjrtFunction.TOPOLOGY_DESCRIPTION_CREATE));
    for (String name : new String[] {"v5e:10x20", "v4-8", "v5e:4x8", "tpu7x:2x2x1"}) {
      plugin.topology(name).close();
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> PjrtOptions.none().with("chips_per_host_bounds", PjrtValue.of(0L, 1L, 1L)));
  }

  @Test
  void shardingsOfGspmdAreNoWorkForShardy() {
    String text = "module { %a {mhlo.sharding = \"{devices=[2]<=[2]}\"} }";
    try (PjrtClient client = fake.open().createClient()) {
      PjrtCompileOptions shardy = PjrtCompileOptions.partitioned(2);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> client.compile(text, shardy));
      assertTrue(e.getMessage().contains("withShardy(false)"), e.getMessage());
      client.compile(text, shardy.withShardy(false)).close();
      client.compile(text + " sdy.mesh", shardy).close();
    }
  }

  @Test
  void memoryOfAClosedArenaIsNotRead() {
    Tensor gone;
    try (Arena arena = Arena.ofConfined()) {
      gone = Tensor.allocate(arena, DType.F32, Shape.of(4));
    }
    try (PjrtClient client = fake.open().createClient()) {
      PjrtDevice device = client.devices().getFirst();
      for (HostTransfer transfer : HostTransfer.values()) {
        IllegalStateException e =
            assertThrows(
                IllegalStateException.class, () -> client.bufferFrom(gone, device, transfer));
        assertTrue(e.getMessage().contains("its arena is closed"), e.getMessage());
      }
    }
  }

  @Test
  void memoryOfAnotherThreadsArenaIsNotRead() {
    CompletableFuture<Tensor> theirs = new CompletableFuture<>();
    CompletableFuture<Void> tried = new CompletableFuture<>();
    Runnable owner =
        () -> {
          try (Arena arena = Arena.ofConfined()) {
            theirs.complete(Tensor.allocate(arena, DType.F32, Shape.of(4)));
            tried.join();
          }
        };
    new Thread(owner).start();
    try (PjrtClient client = fake.open().createClient()) {
      PjrtDevice device = client.devices().getFirst();
      for (HostTransfer transfer : HostTransfer.values()) {
        WrongThreadException e =
            assertThrows(
                WrongThreadException.class,
                () -> client.bufferFrom(theirs.join(), device, transfer));
        assertTrue(e.getMessage().contains("use Arena.ofShared()"), e.getMessage());
      }
    } finally {
      tried.complete(null);
    }
  }

  @Test
  void aDeadlineBeyondAllClocksIsNone() {
    Duration ever = Duration.ofSeconds(Long.MAX_VALUE);
    fake.open().createClient(ClientOptions.defaults().withDeadline(ever)).close();
  }

  @Test
  void aDeadlineThatHasPassedIsRefused() {
    for (Duration past : List.of(Duration.ZERO, Duration.ofSeconds(-3))) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> ClientOptions.defaults().withDeadline(past));
      assertTrue(e.getMessage().startsWith("deadline: expected more than no time"), e.getMessage());
      Path library = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
      assertThrows(IllegalArgumentException.class, () -> PjrtPlugin.open(library, Map.of(), past));
      assertThrows(IllegalArgumentException.class, () -> PjrtProbe.probe(library, Map.of(), past));
    }
  }

  @Test
  void whatIsKeptIsASetOfNumbers() {
    assertEquals(Set.of(0, 1), ExecuteOptions.defaults().withKeep(0, 1, 0).keep());
    assertThrows(IllegalArgumentException.class, () -> ExecuteOptions.defaults().withKeep(0, -1));
  }

  @Test
  void aTypeOfLessThanAByteIsNotRead() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer = buffer(client)) {
      fake.with(
          PjrtFunction.BUFFER_ELEMENT_TYPE,
          arguments -> {
            arguments.setInt("type", PjrtType.S4.number());
            return MemorySegment.NULL;
          });
      PjrtException bytes = assertThrows(PjrtException.class, buffer::toBytes);
      assertEquals(PjrtCode.UNIMPLEMENTED, bytes.code());
      PjrtException tensor = assertThrows(PjrtException.class, buffer::toTensor);
      assertTrue(tensor.detail().contains("got S4; convert it in the program"), tensor.detail());
      assertFalse(fake.calls.contains(PjrtFunction.BUFFER_TO_HOST_BUFFER));
    }
  }

  @Test
  void aPluginThatCompilesForItsOwnDevicesOnlyIsSaidTo() {
    fake.with(
        PjrtFunction.TOPOLOGY_DESCRIPTION_CREATE,
        _ -> fake.error(PjrtCode.UNIMPLEMENTED, "Topology not supported."));
    PjrtException e = assertThrows(PjrtException.class, () -> fake.open().topology("v5e:2x2"));
    assertTrue(e.detail().contains("; compile ahead of time with libtpu"), e.detail());
  }

  @Test
  void compileOptionsAreTheBytesThatXlaReads() {
    String device = "08ffffffffffffffffff01";
    assertEquals(
        "1a11" + device + "200128013001", hex(PjrtCompileOptions.defaults().withShardy(false)));
    assertEquals("1a14" + device + "200128043001980101", hex(PjrtCompileOptions.partitioned(4)));
    assertEquals(
        "1a24" + device + "2001280230014a0e08011002" + "1a030a0103" + "1a030a0102" + "980101",
        hex(PjrtCompileOptions.partitioned(2).withAssignment(List.of(List.of(3, 2)))));
    assertThrows(IllegalArgumentException.class, () -> PjrtCompileOptions.partitioned(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> PjrtCompileOptions.partitioned(2).withAssignment(List.of(List.of(1, 1))));
    assertThrows(
        IllegalArgumentException.class,
        () -> PjrtCompileOptions.defaults().withFlag("f", PjrtValue.of(1L, 2L)));
  }

  private static String hex(PjrtCompileOptions options) {
    return HexFormat.of().formatHex(options.toBytes());
  }

  private static PjrtBuffer buffer(PjrtClient client) {
    return client.bufferFrom(Tensor.of(new float[] {1, 2, 3}, 3), client.devices().getFirst());
  }
}
