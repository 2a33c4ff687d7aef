package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.host.LaunchThrottle;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Programs over several devices, on a plugin made of upcalls. */
class LaunchThrottleTest {
  private final FakePlugin fake = new FakePlugin().withProgramsOn(2);

  @AfterEach
  void nothingWasUsedThatIsGone() {
    assertEquals(List.of(), fake.violations);
  }

  private static PjrtBuffer put(PjrtClient client, int device) {
    return client.bufferFrom(Tensor.of(new float[] {1, 2, 3}, 3), client.devices().get(device));
  }

  private static List<List<PjrtBuffer>> rows(PjrtClient client) {
    return List.of(List.of(put(client, 0)), List.of(put(client, 1)));
  }

  private long launched() {
    return fake.calls.stream().filter(PjrtFunction.LOADED_EXECUTABLE_EXECUTE::equals).count();
  }

  @Test
  void aBufferOnAnotherDeviceIsNotGivenToThePlugin() {
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults())) {
      PjrtBuffer first = put(client, 0);
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  program.execute(
                      List.of(List.of(first), List.of(first)), ExecuteOptions.defaults()));
      assertEquals(
          "argument 0: expected a buffer on fake:1, got one on fake:0; put it there by bufferFrom or copyTo",
          e.getMessage());
      assertEquals(0, launched());
    }
  }

  @Test
  void aDeletedBufferOfOneDeviceKeepsAllFromRunning() {
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults())) {
      List<List<PjrtBuffer>> rows = rows(client);
      rows.get(1).getFirst().delete();
      PjrtException e =
          assertThrows(PjrtException.class, () -> program.launch(rows, ExecuteOptions.defaults()));
      assertEquals(PjrtCode.FAILED_PRECONDITION, e.code());
      assertTrue(e.detail().startsWith("argument 0 on fake:1 was donated or deleted;"), e.detail());
      assertEquals(0, launched());
    }
  }

  @Test
  void aCpuHasSixteenUnderWayAndAnotherWaits() throws Exception {
    fake.onCpu().withEventsByHand();
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults())) {
      List<List<PjrtBuffer>> rows = rows(client);
      for (int i = 0; i < LaunchThrottle.MOST_ON_CPU; i++) {
        if (i % 2 == 0) {
          program.launch(rows, ExecuteOptions.defaults());
        } else {
          CompletableFuture<List<List<PjrtBuffer>>> running =
              program.execute(rows, ExecuteOptions.defaults());
          assertFalse(running.isDone());
        }
      }
      CompletableFuture<List<List<PjrtBuffer>>> next =
          CompletableFuture.supplyAsync(() -> program.launch(rows, ExecuteOptions.defaults()));
      assertThrows(TimeoutException.class, () -> next.get(100, TimeUnit.MILLISECONDS));
      assertEquals(LaunchThrottle.MOST_ON_CPU, launched());
      fake.fire("");
      assertEquals(2, next.get(20, TimeUnit.SECONDS).size());
      fake.fire("");
    }
    fake.awaitEmpty();
  }

  @Test
  void programsOfOneDeviceAreCountedOnceOthersRun() throws Exception {
    fake.onCpu().withEventsByHand();
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable onBoth = client.compile("m", PjrtCompileOptions.defaults())) {
      List<List<PjrtBuffer>> rows = rows(client);
      fake.withProgramsOn(1);
      PjrtLoadedExecutable onOne = client.compile("m", PjrtCompileOptions.defaults());
      PjrtBuffer in = rows.getFirst().getFirst();
      for (int i = 0; i < 2 * LaunchThrottle.MOST_ON_CPU; i++) {
        onOne.run(in).getFirst().close();
      }
      fake.withProgramsOn(2);
      for (int i = 0; i < LaunchThrottle.MOST_ON_CPU; i++) {
        onBoth.launch(rows, ExecuteOptions.defaults());
      }
      fake.withProgramsOn(1);
      CompletableFuture<List<PjrtBuffer>> next = CompletableFuture.supplyAsync(() -> onOne.run(in));
      assertThrows(TimeoutException.class, () -> next.get(100, TimeUnit.MILLISECONDS));
      fake.fire("");
      assertEquals(1, next.get(20, TimeUnit.SECONDS).size());
      fake.fire("");
    }
    fake.awaitEmpty();
  }

  @Test
  void aRefusedLaunchTakesNoPlace() {
    fake.onCpu();
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults())) {
      List<List<PjrtBuffer>> gone = rows(client);
      gone.getFirst().getFirst().delete();
      for (int i = 0; i < 2 * LaunchThrottle.MOST_ON_CPU; i++) {
        assertThrows(PjrtException.class, () -> program.launch(gone, ExecuteOptions.defaults()));
      }
      assertEquals(2, program.launch(rows(client), ExecuteOptions.defaults()).size());
    }
    fake.awaitEmpty();
  }

  @Test
  void otherDevicesHaveAsManyUnderWayAsTheyTake() {
    fake.withEventsByHand();
    try (PjrtClient client = fake.open().createClient();
        PjrtLoadedExecutable program = client.compile("m", PjrtCompileOptions.defaults())) {
      List<List<PjrtBuffer>> rows = rows(client);
      List<CompletableFuture<List<List<PjrtBuffer>>>> running = new ArrayList<>();
      for (int i = 0; i < 2 * LaunchThrottle.MOST_ON_CPU; i++) {
        running.add(program.execute(rows, ExecuteOptions.defaults()));
      }
      fake.fire("");
      running.forEach(CompletableFuture::join);
    }
    fake.awaitEmpty();
  }
}
