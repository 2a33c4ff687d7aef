package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.internal.pjrt.Proto;
import io.github.shardsum.internal.pjrt.Scratch;
import io.github.shardsum.internal.pjrt.Slot;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What XLA's own pjrt_c_api_test, gopjrt, pypjrt and r-xla ask of a plugin, asked through this
 * binding of an XLA CPU plugin with 8 devices.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class CpuPluginTest {
  private static final String ADD =
      "func.func @main(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {\n"
          + "  %0 = stablehlo.add %a, %b : tensor<3xf32>\n  return %0 : tensor<3xf32>\n}";

  @Parameter Path library;

  private PjrtClient client;

  @BeforeEach
  void open() {
    client = RealPlugins.client(library, 8);
  }

  @AfterEach
  void close() {
    client.close();
  }

  private PjrtDevice device(int index) {
    RealPlugins.assumeDevices(client, index + 1);
    return client.devices().get(index);
  }

  private boolean onCpu() {
    return client.platformName().equals("cpu");
  }

  private PjrtBuffer put(float... values) {
    return client.bufferFrom(Tensor.of(values, values.length), device(0));
  }

  @Test
  void thePluginTellsItsVersions() {
    PjrtPlugin plugin = client.plugin();
    assertEquals(0, plugin.apiVersion().major());
    assertTrue(plugin.apiVersion().minor() >= 63);
    Map<String, PjrtValue> attributes = plugin.attributes();
    assertTrue(attributes.get("xla_version") instanceof PjrtValue.Int64);
    for (String list : List.of("stablehlo_current_version", "stablehlo_minimum_version")) {
      assertEquals(3, ((PjrtValue.Int64List) attributes.get(list)).value().size());
    }
    assertTrue(plugin.extensions().contains(4), "layouts: " + plugin.extensions());
  }

  @Test
  void theClientTellsWhatItIs() {
    assertFalse(client.platformName().isEmpty());
    assertFalse(client.platformVersion().isEmpty());
    assertEquals(0, client.processIndex());
    assertEquals(onCpu() ? 8 : client.addressableDevices().size(), client.devices().size());
    assertEquals(client.devices(), client.addressableDevices());
  }

  @Test
  void devicesAreFoundByTheirNumbers() {
    for (int i = 0; i < client.devices().size(); i++) {
      PjrtDevice device = device(i);
      assertEquals(i, device.id());
      assertEquals(device, client.device(device.id()));
      assertEquals(device, client.addressableDevice(device.localHardwareId()));
      assertTrue(device.isAddressable());
      assertEquals(0, device.description().processIndex());
      assertFalse(device.description().kind().isEmpty());
      assertFalse(device.toString().isEmpty());
    }
  }

  @Test
  void aDeviceThatIsNotThereIsAnError() {
    PjrtException negative = assertThrows(PjrtException.class, () -> client.device(-1));
    assertEquals(PjrtCode.INVALID_ARGUMENT, negative.code());
    assertTrue(negative.detail().contains("No matching device found for device_id -1"));
    assertThrows(PjrtException.class, () -> client.device(99));
    assertThrows(PjrtException.class, () -> client.addressableDevice(99));
  }

  @Test
  void theDefaultAssignmentIsThatOfThePlugin() {
    RealPlugins.assumeDevices(client, 8);
    List<Integer> ids =
        client.defaultAssignment(2, 4).stream().flatMap(List::stream).sorted().toList();
    assertEquals(IntStream.range(0, 8).boxed().toList(), ids);
    assertEquals(2, client.defaultAssignment(2, 4).size());
  }

  @Test
  void anAssignmentIntoTooLittleMemoryIsRefused() {
    MemorySegment address = client.handle().enter();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, 7);
      PjrtException e =
          assertThrows(
              PjrtException.class, () -> Assignments.into(client.api(), address, 4, 2, ids, 7));
      assertEquals(PjrtCode.FAILED_PRECONDITION, e.code());
      assertTrue(e.detail().contains("default_assignment_size"), e.detail());
    } finally {
      client.handle().exit();
    }
  }

  @Test
  void memoriesBelongToDevices() {
    assertFalse(client.memories().isEmpty());
    for (PjrtDevice device : client.devices()) {
      assertTrue(device.memories().contains(device.defaultMemory()));
      assertTrue(device.defaultMemory().devices().contains(device));
      assertFalse(device.defaultMemory().kind().isEmpty());
    }
  }

  @Test
  void memoryStatisticsAreThereOrUnimplemented() {
    try {
      assertTrue(device(0).memoryStats().inUse() >= 0);
      assertFalse(onCpu());
    } catch (PjrtException e) {
      assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    }
  }

  @Test
  void aProgramRuns() throws Exception {
    try (PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults());
        PjrtBuffer a = put(1, 2, 3);
        PjrtBuffer b = put(10, 20, 30)) {
      assertEquals(List.of(device(0)), add.devices());
      assertArrayEquals(
          new float[] {11, 22, 33}, add.run(a, b).getFirst().toTensor().toFloatArray());
      List<List<PjrtBuffer>> out =
          add.execute(List.of(List.of(a, b)), ExecuteOptions.defaults()).get();
      assertArrayEquals(
          new float[] {11, 22, 33}, out.getFirst().getFirst().toTensorAsync().get().toFloatArray());
    }
  }

  @Test
  void aProgramTellsWhatItIs() {
    try (PjrtLoadedExecutable add =
        client.compile("module @sum {" + ADD + "}", CompileOptions.defaults())) {
      PjrtExecutable program = add.executable();
      assertTrue(program.name().contains("sum"), program.name());
      assertEquals(1, program.replicas());
      assertEquals(1, program.partitions());
      assertEquals(1, program.outputs());
      assertEquals(List.of(PjrtType.F32), program.outputTypes());
      assertEquals(List.of(Shape.of(3)), program.outputShapes());
      ArrayType three = new ArrayType(PjrtType.F32, Shape.of(3));
      assertEquals(List.of(three, three), program.parameters().orElseThrow());
      assertEquals(24, program.memory().arguments());
      assertEquals(12, program.memory().outputs());
      assertFalse(program.fingerprint().isEmpty());
    }
  }

  @Test
  void costsAreThereOrUnimplemented() {
    try (PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults())) {
      assertTrue(((PjrtValue.Real) add.executable().costAnalysis().get("flops")).value() >= 3);
    } catch (PjrtException e) {
      assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    }
  }

  @Test
  void theOptimisedProgramCompilesAgainAsHlo() {
    try (PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults())) {
      OptimizedProgram program = add.executable().optimizedProgram();
      byte[] module =
          program.format().equals("hlo_with_config")
              ? Proto.read(program.code()).getFirst().bytes()
              : program.code();
      try (PjrtLoadedExecutable again =
              client.compile(module, ProgramFormat.HLO, CompileOptions.defaults());
          PjrtBuffer a = put(1, 2, 3)) {
        assertArrayEquals(
            new float[] {2, 4, 6}, again.run(a, a).getFirst().toTensor().toFloatArray());
      }
    }
  }

  @Test
  void aWrongOptionsMessageIsRefused() {
    byte[] code = ADD.getBytes(StandardCharsets.UTF_8);
    PjrtException e =
        assertThrows(
            PjrtException.class,
            () ->
                client.compile(
                    new Compilation(code, "mlir", "invalid".getBytes(StandardCharsets.UTF_8))));
    assertEquals(PjrtCode.INVALID_ARGUMENT, e.code());
    assertTrue(e.detail().contains("failed to deserialize CompileOptionsProto"), e.detail());
  }

  @Test
  void aWrongFormatIsRefused() {
    byte[] code = ADD.getBytes(StandardCharsets.UTF_8);
    byte[] options = CompileOptions.defaults().toBytes();
    PjrtException e =
        assertThrows(
            PjrtException.class, () -> client.compile(new Compilation(code, "invalid", options)));
    assertEquals(PjrtCode.INVALID_ARGUMENT, e.code());
    assertTrue(e.detail().contains("Unknown program format 'invalid'"), e.detail());
  }

  @Test
  void aWrongProgramIsRefusedWithItsLine() {
    PjrtException e =
        assertThrows(
            PjrtException.class,
            () ->
                client.compile(
                    ADD.replace("%b : tensor<3xf32>\n", "%b : tensor<4xf32>\n"),
                    CompileOptions.defaults()));
    assertTrue(e.detail().contains(":2:"), e.detail());
    assertThrows(PjrtException.class, () -> client.compile("nonsense", CompileOptions.defaults()));
  }

  @Test
  void everyDtypeComesBackAsItWent() {
    List<Tensor> tensors =
        List.of(
            Tensor.of(new float[] {1.5f, -0f, Float.NaN, Float.MAX_VALUE}, 2, 2),
            Tensor.of(new double[] {1e300, -2, Double.MIN_VALUE}, 3),
            Tensor.ofBf16(new short[] {0x3f80, (byte) 0x81, (short) 0xc000}, 1, 3),
            Tensor.of(new int[] {Integer.MIN_VALUE, 7}, 2, 1),
            Tensor.of(new long[] {Long.MAX_VALUE, -1}, 2),
            Tensor.ofBool(new byte[] {0, 1, 1}, 3),
            Tensor.scalar(DType.F32, 4.25));
    for (Tensor tensor : tensors) {
      for (HostTransfer transfer : HostTransfer.values()) {
        try (PjrtBuffer buffer = client.bufferFrom(tensor, device(0), transfer)) {
          assertEquals(PjrtType.of(tensor.dtype()), buffer.type());
          assertEquals(tensor.shape(), buffer.shape());
          assertArrayEquals(tensor.toDoubleArray(), buffer.toTensor().toDoubleArray());
        }
      }
    }
  }

  @Test
  void typesThatTensorsLackComeBackAsBytes() {
    byte[] bytes = {0, 1, 2, 3, -1, -2, 127, -128, 9, 10, 11, 12, 13, 14, 15, 16};
    for (PjrtType type :
        List.of(
            PjrtType.S8,
            PjrtType.U8,
            PjrtType.S16,
            PjrtType.U16,
            PjrtType.F16,
            PjrtType.U32,
            PjrtType.U64,
            PjrtType.C64,
            PjrtType.C128,
            PjrtType.F8E5M2,
            PjrtType.F8E4M3FN)) {
      long count = bytes.length * 8L / type.bits();
      try (PjrtBuffer buffer = client.bufferFrom(bytes, type, new long[] {count}, device(0))) {
        assertEquals(type, buffer.type());
        assertArrayEquals(bytes, buffer.toBytes());
      }
    }
  }

  @Test
  void emptyArraysTravel() {
    for (long[] sizes : new long[][] {{0}, {2, 0, 3}}) {
      try (PjrtBuffer buffer = client.bufferFrom(Tensor.of(new float[0], sizes), device(0))) {
        assertEquals(Shape.of(sizes), buffer.shape());
        assertEquals(0, buffer.toTensor().shape().elementCount());
      }
    }
    String empty =
        "func.func @main() -> tensor<0x2xf32> {\n"
            + "  %0 = stablehlo.constant dense<> : tensor<0x2xf32>\n  return %0 : tensor<0x2xf32>\n}";
    try (PjrtLoadedExecutable program = client.compile(empty, CompileOptions.defaults());
        PjrtBuffer out = program.run().getFirst()) {
      assertEquals(Shape.of(0, 2), out.toTensor().shape());
    }
  }

  @Test
  void nativeMemoryIsBorrowedUntilTheBufferIsGone() throws Exception {
    assumeTrue(onCpu(), "memory of the host is no device's");
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(1024));
    tensor.assign(Tensor.full(DType.F32, 3, 1024));
    PjrtBuffer buffer = client.bufferFrom(tensor, device(0), HostTransfer.BORROW);
    buffer.ready().await();
    assertFalse(buffer.hostReleased().isDone(), "XLA CPU uses aligned memory in place");
    tensor.set(7.0, 5);
    assertEquals(7, buffer.toTensor().getDouble(5));
    buffer.close();
    buffer.hostReleased().get();
  }

  @Test
  void copiedMemoryMayBeChangedAtOnce() {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(1024));
    try (PjrtBuffer buffer = client.bufferFrom(tensor, device(0), HostTransfer.COPY)) {
      tensor.set(7.0, 5);
      assertTrue(buffer.hostReleased().isDone());
      assertEquals(0, buffer.toTensor().getDouble(5));
    }
  }

  @Test
  void memoryIsReadUntilTheTransferIsDone() throws Exception {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(1024));
    try (PjrtBuffer buffer = client.bufferFrom(tensor, device(0), HostTransfer.UNTIL_TRANSFERRED)) {
      buffer.hostReleased().get();
      tensor.set(7.0, 5);
      assertEquals(0, buffer.toTensor().getDouble(5));
    }
  }

  @Test
  void aBufferTellsWhereItIs() {
    try (PjrtBuffer buffer = client.bufferFrom(Tensor.of(new float[6], 2, 3), device(3))) {
      assertEquals(device(3), buffer.device());
      assertEquals(device(3).defaultMemory(), buffer.memory());
      assertEquals(onCpu(), buffer.isOnCpu());
      assertTrue(buffer.onDeviceBytes() >= 24);
      try (PjrtEvent ready = buffer.ready()) {
        ready.await();
        assertTrue(ready.isReady());
        ready.toFuture().join();
      }
    }
  }

  @Test
  void aBufferIsCopiedToAnotherDeviceAndMemory() {
    try (PjrtBuffer buffer = put(1, 2, 3);
        PjrtBuffer there = buffer.copyTo(device(5));
        PjrtBuffer pinned = there.copyTo(device(5).memories().getLast())) {
      assertEquals(device(5), there.device());
      assertArrayEquals(new float[] {1, 2, 3}, there.toTensor().toFloatArray());
      assertArrayEquals(new float[] {1, 2, 3}, pinned.toTensor().toFloatArray());
    }
  }

  @Test
  void aDeletedBufferOnlyTellsThatItIs() {
    try (PjrtBuffer buffer = put(1, 2, 3)) {
      buffer.delete();
      assertTrue(buffer.isDeleted());
      assertEquals(
          PjrtCode.FAILED_PRECONDITION, assertThrows(PjrtException.class, buffer::toTensor).code());
    }
  }

  @Test
  void externalReferencesAreCounted() {
    try (PjrtBuffer buffer = put(1, 2, 3)) {
      ask(buffer, Slot.BUFFER_INCREASE_EXTERNAL_REFERENCE_COUNT);
      ask(buffer, Slot.BUFFER_DECREASE_EXTERNAL_REFERENCE_COUNT);
      PjrtException e =
          assertThrows(
              PjrtException.class,
              () -> ask(buffer, Slot.BUFFER_DECREASE_EXTERNAL_REFERENCE_COUNT));
      assertEquals(PjrtCode.INVALID_ARGUMENT, e.code());
      assertNotEquals(0, ask(buffer, Slot.BUFFER_OPAQUE_DEVICE_MEMORY_DATA_POINTER));
    }
  }

  private long ask(PjrtBuffer buffer, Slot slot) {
    MemorySegment address = buffer.handle().enter();
    try (Scratch scratch = client.api().scratch()) {
      var call = client.api().prepare(scratch, slot).set("buffer", address).invoke();
      return slot == Slot.BUFFER_OPAQUE_DEVICE_MEMORY_DATA_POINTER
          ? call.pointer("device_memory_ptr").address()
          : 0;
    } finally {
      buffer.handle().exit();
    }
  }

  private static final String DONATING =
      "func.func @main(%a: tensor<3xf32> {tf.aliasing_output = 0 : i32}) -> tensor<3xf32> {\n"
          + "  %0 = stablehlo.add %a, %a : tensor<3xf32>\n  return %0 : tensor<3xf32>\n}";

  @Test
  void aDonatedBufferIsGone() {
    try (PjrtLoadedExecutable twice = client.compile(DONATING, CompileOptions.defaults());
        PjrtBuffer in = put(1, 2, 3);
        PjrtBuffer out = twice.run(in).getFirst()) {
      assertArrayEquals(new float[] {2, 4, 6}, out.toTensor().toFloatArray());
      assertTrue(in.isDeleted());
      assertThrows(PjrtException.class, in::toTensor);
      assertThrows(PjrtException.class, () -> twice.run(in));
      assertEquals(12, twice.executable().memory().aliased());
    }
  }

  @Test
  void aKeptBufferIsNotDonated() {
    try (PjrtLoadedExecutable twice = client.compile(DONATING, CompileOptions.defaults());
        PjrtBuffer in = put(1, 2, 3);
        PjrtBuffer out =
            twice
                .launch(List.of(List.of(in)), ExecuteOptions.defaults().withKeep(0))
                .getFirst()
                .getFirst()) {
      assertArrayEquals(new float[] {2, 4, 6}, out.toTensor().toFloatArray());
      assertFalse(in.isDeleted());
      assertArrayEquals(new float[] {1, 2, 3}, in.toTensor().toFloatArray());
    }
  }

  @Test
  void argumentsOfAWrongNumberShapeTypeOrDeviceAreRefused() {
    try (PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults());
        PjrtBuffer good = put(1, 2, 3);
        PjrtBuffer longer = put(1, 2, 3, 4);
        PjrtBuffer row = client.bufferFrom(Tensor.of(new float[3], 1, 3), device(0));
        PjrtBuffer ints = client.bufferFrom(Tensor.of(new int[3], 3), device(0));
        PjrtBuffer elsewhere = good.copyTo(device(1))) {
      IllegalArgumentException few =
          assertThrows(IllegalArgumentException.class, () -> add.run(good));
      assertEquals("arguments: 2 are wanted, [F32[3], F32[3]], got 1", few.getMessage());
      assertThrows(IllegalArgumentException.class, () -> add.run(good, good, good));
      assertThrows(IllegalArgumentException.class, () -> add.run(good, longer));
      assertThrows(IllegalArgumentException.class, () -> add.run(row, good));
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> add.run(good, ints));
      assertEquals("argument 1: F32[3] is wanted, got S32[3]", e.getMessage());
      assertThrows(PjrtException.class, () -> add.run(good, elsewhere));
      assertArrayEquals(
          new float[] {2, 4, 6}, add.run(good, good).getFirst().toTensor().toFloatArray());
    }
  }

  @Test
  void twoResultsComeInOrder() {
    String two =
        """
        func.func @main(%a: tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>) {
          %0 = stablehlo.negate %a : tensor<3xf32>
          %1 = stablehlo.constant dense<5.0> : tensor<f32>
          return %0, %1 : tensor<3xf32>, tensor<f32>
        }""";
    try (PjrtLoadedExecutable program = client.compile(two, CompileOptions.defaults());
        PjrtBuffer in = put(1, 2, 3)) {
      List<PjrtBuffer> out = program.run(in);
      assertArrayEquals(new float[] {-1, -2, -3}, out.get(0).toTensor().toFloatArray());
      assertArrayEquals(new float[] {5}, out.get(1).toTensor().toFloatArray());
    }
  }

  @Test
  void aResultInAnotherLayoutIsReadRowMajor() {
    String transposed =
        "module attributes {mhlo.xla_entry_computation_result_layout = [dense<[0, 1]> : tensor<2xindex>]}"
            + " { func.func @main(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {\n"
            + "  %0 = stablehlo.negate %a : tensor<2x3xf32>\n  return %0 : tensor<2x3xf32>\n} }";
    try (PjrtLoadedExecutable program = client.compile(transposed, CompileOptions.defaults());
        PjrtBuffer in =
            client.bufferFrom(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), device(0));
        PjrtBuffer out = program.run(in).getFirst()) {
      assertArrayEquals(new float[] {-1, -2, -3, -4, -5, -6}, out.toTensor().toFloatArray());
    }
  }

  @Test
  void runsAreChainedWithoutWaiting() {
    try (PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults());
        PjrtBuffer one = put(1, 1, 1)) {
      PjrtBuffer sum = put(0, 0, 0);
      for (int i = 0; i < 100; i++) {
        PjrtBuffer next = add.run(sum, one).getFirst();
        sum.close();
        sum = next;
      }
      assertArrayEquals(new float[] {100, 100, 100}, sum.toTensor().toFloatArray());
      sum.close();
    }
  }

  @Test
  void aSerializedProgramRuns() {
    byte[] bytes;
    try (PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults())) {
      bytes = add.executable().serialize();
    }
    try (PjrtLoadedExecutable loaded = client.load(bytes);
        PjrtBuffer a = put(1, 2, 3)) {
      assertArrayEquals(
          new float[] {2, 4, 6}, loaded.run(a, a).getFirst().toTensor().toFloatArray());
    }
    assertThrows(PjrtException.class, () -> client.load(new byte[] {1, 2, 3}));
  }

  @Test
  void aDeletedProgramDoesNotRun() {
    try (PjrtLoadedExecutable add = client.compile(ADD, CompileOptions.defaults());
        PjrtBuffer a = put(1, 2, 3)) {
      assertFalse(add.isDeleted());
      add.delete();
      assertTrue(add.isDeleted());
      assertThrows(PjrtException.class, () -> add.run(a, a));
    }
  }

  @Test
  void anAllReduceSumsOverReplicas() {
    String sum =
        """
        func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
          %0 = "stablehlo.all_reduce"(%a) <{replica_groups = dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>}> ({
          ^bb0(%x: tensor<f32>, %y: tensor<f32>):
            %s = stablehlo.add %x, %y : tensor<f32>
            stablehlo.return %s : tensor<f32>
          }) : (tensor<2xf32>) -> tensor<2xf32>
          return %0 : tensor<2xf32>
        }
        """;
    RealPlugins.assumeDevices(client, 4);
    try (PjrtLoadedExecutable program =
        client.compile(sum, CompileOptions.defaults().withReplicas(4))) {
      assertEquals(4, program.devices().size());
      List<List<PjrtBuffer>> rows = new ArrayList<>();
      for (PjrtDevice device : program.devices()) {
        rows.add(List.of(client.bufferFrom(Tensor.of(new float[] {device.id(), 1}, 2), device)));
      }
      for (List<PjrtBuffer> row : program.execute(rows, ExecuteOptions.defaults()).join()) {
        assertArrayEquals(new float[] {6, 4}, row.getFirst().toTensor().toFloatArray());
      }
    }
  }

  @Test
  void shardsFollowTheMeshAndTheAssignment() {
    String reversed =
        """
        module {
          sdy.mesh @mesh = <["x"=2], device_ids=[1, 0]>
          func.func public @main(%a: tensor<4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}]>}) -> (tensor<4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}]>}) {
            %0 = stablehlo.negate %a : tensor<4xf32>
            return %0 : tensor<4xf32>
          }
        }
        """;
    RealPlugins.assumeDevices(client, 4);
    CompileOptions options = CompileOptions.partitioned(2).withAssignment(List.of(List.of(3, 2)));
    try (PjrtLoadedExecutable program = client.compile(reversed, options)) {
      assertEquals(List.of(device(3), device(2)), program.devices());
      List<List<PjrtBuffer>> rows = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        rows.add(
            List.of(
                client.bufferFrom(
                    Tensor.of(new float[] {1 + i, 10 + i}, 2), program.devices().get(i))));
      }
      List<List<PjrtBuffer>> out = program.execute(rows, ExecuteOptions.defaults()).join();
      for (int i = 0; i < 2; i++) {
        assertArrayEquals(
            new float[] {-1 - i, -10 - i}, out.get(i).getFirst().toTensor().toFloatArray());
      }
      program
          .executable()
          .parameterShardings()
          .ifPresent(
              all ->
                  assertEquals(
                      new Sharding(List.of(2), List.of(List.of(1), List.of(0))), all.getFirst()));
    }
  }

  @Test
  void aTopologyIsNotForACpu() {
    assumeTrue(onCpu(), "a GPU has one");
    PjrtException e = assertThrows(PjrtException.class, () -> client.plugin().topology("v5e:2x2"));
    assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
  }

  @Test
  void theClientHasATopology() {
    try (PjrtTopology topology = client.topology()) {
      assertEquals(client.platformName(), topology.platformName());
      assertEquals(client.devices().size(), topology.devices().size());
    } catch (PjrtException e) {
      assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    }
  }
}
