package io.github.shardsum.internal.pjrt.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TpuHostTest {
  private static final String NO_SIGNALS = "--install_signal_handlers=false";

  @TempDir Path bus;

  @Test
  void chipsAreCountedByTheirNumbersOnTheBus() throws IOException {
    device("0", "0x1ae0", "0x0063");
    device("1", "0x1ae0", "0x006f");
    device("2", "0x1ae0", "0xffff");
    device("3", "0x8086", "0x0063");
    Files.createDirectory(bus.resolve("no device at all"));
    assertEquals(2, TpuHost.of(bus).chips());
  }

  @Test
  void aMachineWithoutABusHasNoChips() {
    assertEquals(0, TpuHost.of(bus.resolve("missing")).chips());
  }

  @Test
  void offATpuHostNothingWaitsForChips() {
    assertEquals(
        Map.of(
            "TPU_SKIP_MDS_QUERY",
            "1",
            "ALLOW_MULTIPLE_LIBTPU_LOAD",
            "true",
            "LIBTPU_INIT_ARGS",
            NO_SIGNALS),
        environment(0, Map.of()));
  }

  @Test
  void whatTheUserSetStays() {
    assertEquals(
        Map.of("ALLOW_MULTIPLE_LIBTPU_LOAD", "true", "LIBTPU_INIT_ARGS", "--x=1 " + NO_SIGNALS),
        environment(0, Map.of("TPU_SKIP_MDS_QUERY", "0", "LIBTPU_INIT_ARGS", "--x=1")));
    assertEquals(
        Map.of(), environment(4, Map.of("LIBTPU_INIT_ARGS", "--install_signal_handlers=true")));
  }

  @Test
  void onATpuHostTheMetadataServerIsAsked() {
    assertEquals(Map.of("LIBTPU_INIT_ARGS", NO_SIGNALS), environment(4, Map.of()));
  }

  private static Map<String, String> environment(int chips, Map<String, String> set) {
    return new TpuHost(chips).environment(name -> Optional.ofNullable(set.get(name)));
  }

  @Test
  void libtpuIsKnownByItsName() {
    assertTrue(TpuHost.isLibtpu(Path.of("somewhere", "libtpu.so")));
    assertFalse(TpuHost.isLibtpu(Path.of("libtpu", "pjrt_c_api_cpu_plugin.so")));
  }

  private void device(String name, String vendor, String device) throws IOException {
    Path folder = Files.createDirectory(bus.resolve(name));
    Files.writeString(folder.resolve("vendor"), vendor + "\n");
    Files.writeString(folder.resolve("device"), device + "\n");
  }

  @Test
  void whatToDoDependsOnTheMachine() {
    Path libtpu = Path.of("libtpu.so");
    assertTrue(
        LoadAdvice.remedy(libtpu, "No device", new TpuHost(0)).contains("no TPU on its PCI bus"));
    assertTrue(LoadAdvice.remedy(libtpu, "No device", new TpuHost(4)).contains("has 4 TPU chips"));
    assertTrue(
        LoadAdvice.remedy(libtpu, "when accessing libtpu multi-process lockfile", new TpuHost(4))
            .contains("end the other one"));
    assertEquals("", LoadAdvice.remedy(Path.of("cpu.so"), "No device", new TpuHost(0)));
  }
}
