package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.internal.pjrt.host.TpuHost;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** libtpu on a machine that need not have a TPU. */
@Tag("pjrt-plugin")
class LibtpuTest {
  private static final String DISPATCH = "G@x S E C, G@x S M -> E@x G C M";

  private final PjrtPlugin plugin = PjrtPlugin.open(RealPlugins.libtpu());

  /**
   * One group and one expert a device, as the paper has it; S, C and M small enough for every size.
   */
  private static EinsumText dispatch(int devices) {
    Map<String, Long> sizes = new HashMap<>();
    sizes.put("G", (long) devices);
    sizes.put("E", (long) devices);
    sizes.put("S", 64L);
    sizes.put("C", 2L);
    sizes.put("M", 128L);
    return EinsumText.of(DISPATCH, sizes, devices);
  }

  @ParameterizedTest
  @CsvSource({
    "v4:2x2x1, 8",
    "v4:2x2x4, 32",
    "v4:4x4x4, 128",
    "v4:16x16x16, 8192",
    "v4:32x32x40, 81920",
    "v5e:2x2, 4",
    "v5e:4x8, 32",
    "v5e:16x16, 256",
    "v5p:2x2x1, 4",
    "v5p:4x4x4, 64",
    "v5p:16x20x28, 8960",
    "v5p:32x48x64, 98304",
    "v6e:1x1, 1",
    "v6e:2x2, 4",
    "v6e:4x8, 32",
    "v6e:16x16, 256",
    "v6e:64x64, 4096",
    "v6e:312x320, 99840"
  })
  void dispatchCompilesAheadOfTime(String name, int devices) {
    PjrtOptions options =
        name.endsWith(":1x1")
            ? PjrtOptions.none().with("chips_per_host_bounds", PjrtValue.of(1L, 1L, 1L))
            : PjrtOptions.none();
    try (PjrtTopology topology = plugin.topology(name, options)) {
      assertEquals(devices, topology.deviceCount());
      EinsumText einsum = dispatch(devices);
      long begin = System.nanoTime();
      try (PjrtExecutable program =
          topology.compile(einsum.module(), PjrtCompileOptions.partitioned(devices))) {
        print(name, devices, program, (System.nanoTime() - begin) / 1e9);
        check(program, devices);
      }
    }
  }

  private static void print(String name, int devices, PjrtExecutable program, double seconds) {
    CompiledMemory memory = program.memory();
    Map<String, PjrtValue> cost = program.costAnalysis();
    System.out.printf(
        Locale.ROOT,
        "%-13s %5d devices, %4.1f s; arguments %,d, results %,d, temporary %,d, peak %,d, code %,d bytes; flops %s, bytes accessed %s, optimal seconds %s%n",
        name,
        devices,
        seconds,
        memory.arguments(),
        memory.outputs(),
        memory.temporary(),
        memory.peak(),
        memory.code(),
        cost.get("flops"),
        cost.get("bytes accessed"),
        cost.get("optimal_seconds"));
  }

  private static void check(PjrtExecutable program, int devices) {
    assertEquals(devices, program.partitions());
    // A shard of the mask has the one group, of the result the one expert.
    assertEquals("[1, " + devices + ", 2, 128]", program.outputShapes().getFirst().toString());
    assertTrue(program.memory().arguments() >= 4L * 64 * (devices * 2 + 128));
    assertTrue(program.memory().outputs() >= 4L * devices * 2 * 128);
    float flops = ((PjrtValue.Real) program.costAnalysis().get("flops")).value();
    assertTrue(flops >= 2.0 * 64 * devices * 2 * 128 * 0.99, "flops: " + flops);
    if (devices > 1) {
      String hlo = new String(program.optimizedProgram().code(), StandardCharsets.ISO_8859_1);
      assertTrue(hlo.contains("all-to-all"));
    }
  }

  @Test
  void aTopologyDescribesItsDevicesAndTravels() {
    try (PjrtTopology topology = plugin.topology("v5e:4x8");
        PjrtTopology same = plugin.loadTopology(topology.serialize())) {
      assertEquals("tpu", topology.platformName());
      assertEquals(32, topology.devices().size());
      PjrtDeviceDescription last = topology.devices().getLast();
      assertTrue(last.kind().contains("v5"), last.kind());
      assertTrue(last.attributes().containsKey("coords"), last.toString());
      assertEquals(topology.fingerprint(), same.fingerprint());
      assertEquals(topology.devices(), same.devices());
    }
  }

  @Test
  void aProgramCompiledAheadIsBytes() {
    try (PjrtTopology topology = plugin.topology("v6e:2x2");
        PjrtExecutable program =
            topology.compile(dispatch(4).module(), PjrtCompileOptions.partitioned(4));
        PjrtExecutable again =
            topology.compile(dispatch(4).module(), PjrtCompileOptions.partitioned(4))) {
      assertTrue(program.serialize().length > 1000);
      assertEquals(program.fingerprint(), again.fingerprint());
    }
  }

  @Test
  void aProgramThatDoesNotFitIsRefusedByTheCompiler() {
    String huge =
        """
        func.func @main(%a: tensor<100000x100000xf32>) -> tensor<100000x100000xf32> {
          %0 = stablehlo.negate %a : tensor<100000x100000xf32>
          return %0 : tensor<100000x100000xf32>
        }""";
    try (PjrtTopology topology = plugin.topology("v5e:2x2")) {
      PjrtException e =
          assertThrows(
              PjrtException.class, () -> topology.compile(huge, PjrtCompileOptions.defaults()));
      assertEquals(PjrtCode.RESOURCE_EXHAUSTED, e.code());
    }
  }

  @Test
  void aTopologyThatWouldEndTheProcessIsRefused() {
    for (String name : new String[] {"v5e:16x32", "v5e:32x8"}) {
      try (PjrtTopology topology = plugin.topology(name)) {
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class,
                () -> topology.compile(dispatch(2).module(), PjrtCompileOptions.partitioned(2)));
        assertTrue(e.getMessage().contains("at most 16x16 chips"), e.getMessage());
      }
    }
  }

  /** One device more than ids that libtpu has a place for, and ids beyond it. */
  @Test
  void moreDevicesThanLibtpuCountsAreRefused() {
    try (PjrtTopology topology = plugin.topology("v6e:256x512")) {
      assertEquals(131_072, topology.deviceCount());
      String module = dispatch(100_001).module();
      PjrtCompileOptions all = PjrtCompileOptions.partitioned(100_001);
      IllegalArgumentException many =
          assertThrows(IllegalArgumentException.class, () -> topology.compile(module, all));
      assertTrue(many.getMessage().contains("ids below 100000"), many.getMessage());
      PjrtCompileOptions last =
          PjrtCompileOptions.defaults().withAssignment(List.of(List.of(131_071)));
      assertThrows(
          IllegalArgumentException.class, () -> topology.compile(dispatch(1).module(), last));
    }
  }

  @Test
  void aTopologyThatIsNoneIsRefused() {
    for (String name : new String[] {"nonsense", "v99:2x2", "v5e:", "v5e:2", "v5e:3x5"}) {
      assertThrows(PjrtException.class, () -> plugin.topology(name), name);
    }
  }

  @Test
  void withoutATpuAClientIsAnErrorThatSaysWhatToDo() {
    assumeTrue(TpuHost.ofThisMachine().chips() == 0, "this machine has a TPU");
    PjrtException e = assertThrows(PjrtException.class, plugin::createClient);
    assertEquals(PjrtCode.NOT_FOUND, e.code());
    assertTrue(e.detail().contains("this machine has no TPU on its PCI bus"), e.detail());
    assertTrue(e.detail().contains("compile ahead of time"), e.detail());
  }

  @Test
  void lookingForATpuEndsInTime() throws Exception {
    assumeTrue(TpuHost.ofThisMachine().chips() == 0, "this machine has a TPU");
    PjrtProbe.Result found =
        PjrtProbe.probe(RealPlugins.libtpu(), Map.of(), Duration.ofSeconds(60));
    assertTrue(
        found instanceof PjrtProbe.Result.Refused(String why) && why.contains("NOT_FOUND"),
        found.toString());
  }

  @Test
  void aPluginThatEndsItsProcessDoesNotEndThisOne() throws Exception {
    PjrtProbe.Result found =
        PjrtProbe.probe(
            RealPlugins.libtpu(),
            Map.of("LIBTPU_INIT_ARGS", "--no_such_flag_of_libtpu=1"),
            Duration.ofSeconds(60));
    assertTrue(
        found instanceof PjrtProbe.Result.Died(int _, String last)
            && last.contains("no_such_flag_of_libtpu"),
        found.toString());
  }

  @Test
  void aProbeIsEndedAtItsDeadline() throws Exception {
    PjrtProbe.Result found = PjrtProbe.probe(RealPlugins.libtpu(), Map.of(), Duration.ofMillis(1));
    assertEquals(new PjrtProbe.Result.Silent(Duration.ofMillis(1)), found);
  }
}
