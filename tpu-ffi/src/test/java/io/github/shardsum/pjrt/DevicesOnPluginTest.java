package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.internal.pjrt.client.ProgramDevices;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
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
 * What XLA's own pjrt_c_api_test, gopjrt, pypjrt and r-xla ask of a plugin with 8 devices, through
 * this binding: the client, its devices and its memories.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class DevicesOnPluginTest {
  @Parameter Path library;

  private OnPlugin on;

  @BeforeEach
  void open() {
    on = OnPlugin.of(library);
  }

  @AfterEach
  void close() {
    on.close();
  }

  @Test
  void thePluginTellsItsVersions() {
    PjrtPlugin plugin = on.client().plugin();
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
    assertFalse(on.client().platformName().isEmpty());
    assertFalse(on.client().platformVersion().isEmpty());
    assertEquals(0, on.client().processIndex());
    assertEquals(
        on.onCpu() ? 8 : on.client().addressableDevices().size(), on.client().devices().size());
    assertEquals(on.client().devices(), on.client().addressableDevices());
  }

  @Test
  void devicesAreFoundByTheirNumbers() {
    for (int i = 0; i < on.client().devices().size(); i++) {
      PjrtDevice device = on.device(i);
      assertEquals(i, device.id());
      assertEquals(device, on.client().device(device.id()));
      assertEquals(device, on.client().addressableDevice(device.localHardwareId()));
      assertTrue(device.isAddressable());
      assertEquals(0, device.description().processIndex());
      assertFalse(device.description().kind().isEmpty());
      assertFalse(device.toString().isEmpty());
    }
  }

  @Test
  void aDeviceThatIsNotThereIsAnError() {
    PjrtException negative = assertThrows(PjrtException.class, () -> on.client().device(-1));
    assertEquals(PjrtCode.INVALID_ARGUMENT, negative.code());
    assertTrue(negative.detail().contains("No matching device found for device_id -1"));
    assertThrows(PjrtException.class, () -> on.client().device(99));
    assertThrows(PjrtException.class, () -> on.client().addressableDevice(99));
  }

  @Test
  void theDefaultAssignmentIsThatOfThePlugin() {
    RealPlugins.assumeDevices(on.client(), 8);
    List<Integer> ids =
        on.client().defaultAssignment(2, 4).stream().flatMap(List::stream).sorted().toList();
    assertEquals(IntStream.range(0, 8).boxed().toList(), ids);
    assertEquals(2, on.client().defaultAssignment(2, 4).size());
  }

  @Test
  void anAssignmentIntoTooLittleMemoryIsRefused() {
    MemorySegment address = on.client().handle().enter();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, 7);
      PjrtException e =
          assertThrows(
              PjrtException.class,
              () -> ProgramDevices.into(on.client().api(), address, 4, 2, ids, 7));
      assertEquals(PjrtCode.FAILED_PRECONDITION, e.code());
      assertTrue(e.detail().contains("default_assignment_size"), e.detail());
    } finally {
      on.client().handle().exit();
    }
  }

  @Test
  void memoriesBelongToDevices() {
    assertFalse(on.client().memories().isEmpty());
    for (PjrtDevice device : on.client().devices()) {
      assertTrue(device.memories().contains(device.defaultMemory()));
      assertTrue(device.defaultMemory().devices().contains(device));
      assertFalse(device.defaultMemory().kind().isEmpty());
    }
  }

  @Test
  void memoryStatisticsAreThereOrUnimplemented() {
    try {
      assertTrue(on.device(0).memoryStats().inUse() >= 0);
      assertFalse(on.onCpu());
    } catch (PjrtException e) {
      assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    }
  }

  @Test
  void aTopologyIsNotForACpu() {
    assumeTrue(on.onCpu(), "a GPU has one");
    PjrtException e =
        assertThrows(PjrtException.class, () -> on.client().plugin().topology("v5e:2x2"));
    assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
  }

  @Test
  void theClientHasATopology() {
    try (PjrtTopology topology = on.client().topology()) {
      assertEquals(on.client().platformName(), topology.platformName());
      assertEquals(on.client().devices().size(), topology.devices().size());
    } catch (PjrtException e) {
      assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    }
  }
}
