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
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who owns what, and for how long, on a plugin made of upcalls. */
class LifecycleTest {
  private final FakePlugin fake = new FakePlugin();

  @AfterEach
  void nothingWasUsedThatIsGone() {
    assertEquals(List.of(), fake.violations);
  }

  @Test
  void inTheUsualOrderAllIsDestroyed() {
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
        PjrtBuffer buffer = buffer(client)) {
      program.run(buffer).getFirst().close();
    }
    fake.awaitEmpty();
  }

  @Test
  void closingTheClientClosesWhatItMadeFirst() {
    PjrtClient client = fake.open().createClient();
    PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
    PjrtBuffer in = buffer(client);
    PjrtBuffer out = program.run(in).getFirst();
    client.close();
    fake.awaitEmpty();
    out.close();
    in.close();
    program.close();
    client.close();
    fake.awaitEmpty();
  }

  @Test
  void useAfterCloseIsAnError() {
    PjrtClient client = fake.open().createClient();
    PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
    PjrtBuffer buffer = buffer(client);
    PjrtEvent event = buffer.ready();
    assertEquals("PjrtEvent", event.toString());
    event.close();
    assertEquals("PjrtEvent, closed", event.toString());
    assertThrows(IllegalStateException.class, event::isReady);
    assertThrows(IllegalStateException.class, event::await);
    assertThrows(IllegalStateException.class, event::toFuture);
    buffer.close();
    assertThrows(IllegalStateException.class, buffer::shape);
    assertThrows(IllegalStateException.class, buffer::toTensor);
    assertThrows(IllegalStateException.class, buffer::delete);
    assertThrows(IllegalStateException.class, () -> program.run(buffer));
    program.close();
    assertThrows(IllegalStateException.class, program::isDeleted);
    assertThrows(IllegalStateException.class, () -> program.executable().name());
    client.close();
    assertThrows(IllegalStateException.class, client::platformName);
    assertThrows(IllegalStateException.class, () -> buffer(client));
    assertThrows(IllegalStateException.class, () -> client.devices().getFirst().memoryStats());
    assertThrows(
        IllegalStateException.class, () -> client.compile("m", PjrtCompileOptions.defaults()));
    assertEquals("PjrtClient of fake, closed", client.toString());
  }

  @Test
  void whatWasCompiledIsClosedWithTheProgramOnly() {
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer = buffer(client)) {
      PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
      program.executable().close();
      assertEquals(1, program.executable().outputs());
      program.run(buffer).getFirst().close();
      PjrtLoadedExecutable never = client.compile("m", PjrtCompileOptions.defaults());
      never.close();
      IllegalStateException e = assertThrows(IllegalStateException.class, () -> never.run(buffer));
      assertEquals("PjrtLoadedExecutable: is closed; use it before close()", e.getMessage());
    }
    fake.awaitEmpty();
  }

  @Test
  void aTopologyOutlivesTheProgramsCompiledForIt() {
    PjrtTopology topology = fake.open().topology("v5e:1x2");
    PjrtExecutable program = topology.compile("m", PjrtCompileOptions.partitioned(2));
    topology.close();
    fake.awaitEmpty();
    assertThrows(IllegalStateException.class, program::name);
  }

  /** Where the plugin was told to read, in the order of the calls. */
  private List<Long> sources() {
    List<Long> sources = new CopyOnWriteArrayList<>();
    fake.before(
        PjrtFunction.CLIENT_BUFFER_FROM_HOST_BUFFER,
        arguments -> sources.add(arguments.pointer("data").address()));
    return sources;
  }

  @Test
  void memoryOnTheWayIsUsedAgainOnlyWhenThePluginHasLetGo() {
    fake.withEventsByHand();
    List<Long> sources = sources();
    try (PjrtClient client = fake.open().createClient()) {
      Tensor large = Tensor.of(new float[100_000], 100_000);
      PjrtDevice device = client.devices().getFirst();
      PjrtBuffer first = client.bufferFrom(large, device);
      client.bufferFrom(large, device).close();
      first.close();
      client.bufferFrom(large, device).close();
      assertEquals(3, Set.copyOf(sources).size(), "the plugin reads all three still");
      fake.fire("");
      fake.awaitOnly(List.of(FakePlugin.Thing.Client.class, FakePlugin.Thing.Device.class));
      client.bufferFrom(large, device).close();
      assertTrue(sources.subList(0, 3).contains(sources.getLast()), "the memory is used again");
      fake.fire("");
    }
    fake.awaitEmpty();
  }

  @Test
  void aSmallArrayIsTheCallersAgainAtOnce() {
    fake.withEventsByHand();
    List<Long> sources = sources();
    try (PjrtClient client = fake.open().createClient()) {
      PjrtBuffer first = buffer(client);
      PjrtBuffer second = buffer(client);
      assertEquals(1, Set.copyOf(sources).size());
      assertTrue(first.hostReleased().isDone() && second.hostReleased().isDone());
    }
    fake.awaitEmpty();
  }

  /** Only on a CPU does memory stay the plugin's as long as the buffer is there. */
  private PjrtClient onCpu() {
    fake.with(
        PjrtFunction.CLIENT_PLATFORM_NAME,
        arguments -> {
          fake.text(arguments, "platform_name", "cpu");
          return MemorySegment.NULL;
        });
    return fake.open().createClient();
  }

  private static PjrtBuffer borrowed(PjrtClient client) {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(16));
    return client.bufferFrom(tensor, client.devices().getFirst(), HostTransfer.BORROW);
  }

  @Test
  void thePluginIsNotAskedToCallBackForMemoryThatIsNotAwaited() {
    try (PjrtClient client = onCpu()) {
      borrowed(client).close();
      PjrtBuffer buffer = borrowed(client);
      buffer.close();
      assertTrue(buffer.hostReleased().isDone());
      assertFalse(fake.calls.contains(PjrtFunction.EVENT_ON_READY));
    }
    fake.awaitEmpty();
  }

  @Test
  void borrowedMemoryIsReleasedWhenThePluginSaysSoWheneverOneAsks() throws Exception {
    fake.withEventsByHand();
    PjrtClient client = onCpu();
    PjrtBuffer early = borrowed(client);
    CompletableFuture<Void> asked = early.hostReleased();
    PjrtBuffer late = borrowed(client);
    early.close();
    late.close();
    PjrtBuffer never = borrowed(client);
    client.close();
    assertFalse(asked.isDone() || late.hostReleased().isDone() || never.hostReleased().isDone());
    assertEquals(1, fake.count(FakePlugin.Thing.Client.class), "its events are still to come");
    fake.fire("");
    asked.get(20, TimeUnit.SECONDS);
    late.hostReleased().get(20, TimeUnit.SECONDS);
    never.hostReleased().get(20, TimeUnit.SECONDS);
    fake.awaitEmpty();
  }

  @Test
  void whoAsksForTheReleaseWhileTheClientGoesGetsIt() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 300; round++) {
        PjrtClient client = onCpu();
        PjrtBuffer buffer = borrowed(client);
        CompletableFuture<Void> asked = new CompletableFuture<>();
        threads.execute(
            () -> {
              CompletableFuture<Void> _ = buffer.hostReleased().thenAccept(asked::complete);
            });
        client.close();
        asked.get(20, TimeUnit.SECONDS);
      }
    }
    fake.awaitEmpty();
  }

  @Test
  void aTransferThatFailsGivesItsMemoryBack() {
    try (PjrtClient client = fake.open().createClient()) {
      fake.with(
          PjrtFunction.CLIENT_BUFFER_FROM_HOST_BUFFER,
          _ -> fake.error(PjrtCode.RESOURCE_EXHAUSTED, "no room today"));
      Tensor large = Tensor.of(new float[100_000], 100_000);
      assertThrows(
          PjrtException.class, () -> client.bufferFrom(large, client.devices().getFirst()));
      assertTrue(client.state().staging().bytesKept() >= 400_000);
    }
    fake.awaitEmpty();
  }

  @Test
  void aFailedConstructionLeavesNothing() {
    fake.with(
        PjrtFunction.DEVICE_DESCRIPTION_KIND, _ -> fake.error(PjrtCode.INTERNAL, "no kind today"));
    assertThrows(PjrtException.class, () -> fake.open().createClient());
    fake.awaitEmpty();
  }

  @Test
  void whatWasNotClosedIsReportedAndClosed() throws Exception {
    BlockingQueue<String> leaks = new LinkedBlockingQueue<>();
    try (PjrtClient client =
        fake.open().createClient(ClientOptions.defaults().withOnLeak(leaks::add))) {
      forget(client);
      String leak = null;
      for (int i = 0; leak == null && i < 200; i++) {
        System.gc();
        leak = leaks.poll(50, TimeUnit.MILLISECONDS);
      }
      assertEquals("PjrtBuffer: was never closed; close it, e.g. with try-with-resources", leak);
      for (int i = 0; fake.count(FakePlugin.Thing.Buffer.class) > 0 && i < 1000; i++) {
        Thread.onSpinWait();
        leaks.poll(10, TimeUnit.MILLISECONDS);
      }
      assertEquals(0, fake.count(FakePlugin.Thing.Buffer.class));
    }
  }

  private static void forget(PjrtClient client) {
    assertEquals(3, buffer(client).shape().elementCount());
  }

  @Test
  void manyThreadsShareAClientWhileItIsClosed() throws Exception {
    for (int round = 0; round < 20; round++) {
      PjrtClient client = fake.open().createClient();
      PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
      try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
        List<Future<?>> all =
            IntStream.range(0, 8)
                .<Future<?>>mapToObj(_ -> threads.submit(() -> untilClosed(client, program)))
                .toList();
        client.close();
        for (Future<?> one : all) {
          one.get();
        }
      }
      fake.awaitEmpty();
    }
  }

  private static void untilClosed(PjrtClient client, PjrtLoadedExecutable program) {
    try {
      for (int i = 0; i < 1000; i++) {
        try (PjrtBuffer in = buffer(client);
            PjrtBuffer out = program.run(in).getFirst()) {
          assertArrayEquals(new float[] {1, 2, 3}, out.toTensor().toFloatArray());
        }
      }
    } catch (IllegalStateException closed) {
      assertTrue(closed.getMessage().contains("is closed"), closed.getMessage());
    }
  }

  @Test
  void anExecutionIsAFutureOfItsEvent() throws Exception {
    fake.withEventsByHand();
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
        PjrtBuffer in = buffer(client)) {
      CompletableFuture<List<List<PjrtBuffer>>> done =
          program.execute(List.of(List.of(in)), ExecuteOptions.defaults());
      assertFalse(done.isDone());
      fake.fire("");
      try (PjrtBuffer out = done.get().getFirst().getFirst()) {
        assertEquals(3, out.shape().elementCount());
      }
    }
  }

  @Test
  void aFailedExecutionClosesItsResults() {
    fake.withEventsByHand();
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
        PjrtBuffer in = buffer(client)) {
      CompletableFuture<List<List<PjrtBuffer>>> done =
          program.execute(List.of(List.of(in)), ExecuteOptions.defaults());
      fake.fire("cosmic ray");
      CompletionException e = assertThrows(CompletionException.class, done::join);
      PjrtException cause = (PjrtException) e.getCause();
      assertEquals(PjrtCode.INTERNAL, cause.code());
      assertEquals("cosmic ray", cause.detail());
      assertEquals(1, fake.count(FakePlugin.Thing.Buffer.class));
    }
  }

  @Test
  void aClientThatIsClosedDuringARunLosesNoResult() {
    fake.with(
        PjrtFunction.EXECUTABLE_NUM_OUTPUTS,
        arguments -> {
          arguments.set("num_outputs", 3);
          return MemorySegment.NULL;
        });
    PjrtClient client = fake.open().createClient();
    PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults());
    PjrtBuffer in = buffer(client);
    fake.with(
        PjrtFunction.LOADED_EXECUTABLE_EXECUTE,
        arguments -> {
          client.close();
          return fake.run(arguments, 3);
        });
    assertThrows(
        IllegalStateException.class,
        () -> program.execute(List.of(List.of(in)), ExecuteOptions.defaults()));
    fake.awaitEmpty();
  }

  @Test
  void aDependentThatFailsHarmsNoOther() throws Exception {
    fake.withEventsByHand();
    try (PjrtClient client = fake.open().createClient();
        PjrtBuffer buffer = buffer(client);
        PjrtEvent event = buffer.ready()) {
      assertFalse(event.isReady());
      CompletableFuture<Void> future = event.toFuture();
      CompletableFuture<Void> dependent =
          future.thenRun(
              () -> {
                throw new AssertionError("mine");
              });
      fake.fire("");
      future.get();
      assertThrows(CompletionException.class, dependent::join);
      assertTrue(event.isReady());
    }
  }

  @Test
  void closingInADependentDoesNotDeadlock() throws Exception {
    PjrtClient client = fake.open().createClient();
    PjrtEvent event = buffer(client).ready();
    event.toFuture().thenRun(client::close).get(20, TimeUnit.SECONDS);
    event.close();
    fake.awaitEmpty();
  }

  private static PjrtBuffer buffer(PjrtClient client) {
    return client.bufferFrom(Tensor.of(new float[] {1, 2, 3}, 3), client.devices().getFirst());
  }
}
