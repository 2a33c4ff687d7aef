package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plugins of all ages, made of upcalls. */
class VersionsTest {
  private static final int ALL = PjrtFunction.values().length;

  private final FakePlugin fake = new FakePlugin();

  @ParameterizedTest
  @CsvSource({"63,110", "81,118", "90,128", "104,135", "114,138", "117,138", "900,138"})
  void aPluginOfAnyAgeRunsAProgram(int minor, int slots) {
    PjrtPlugin plugin = PjrtPlugin.at(fake.table(minor, slots, Set.of()), "fake");
    assertEquals(new ApiVersion(0, minor), plugin.apiVersion());
    assertArrayEquals(new float[] {1, 2, 3}, echo(plugin));
    assertEquals(List.of(), fake.violations);
  }

  @Test
  void aPluginWithATableLongerThanOursRuns() {
    MemorySegment table = fake.table(0, 200, PjrtFunction.FIRST + 8L * (ALL + 40), ALL, Set.of());
    assertArrayEquals(new float[] {1, 2, 3}, echo(PjrtPlugin.at(table, "fake")));
  }

  @Test
  void aNewerPluginWhoseStructGrewIsServed() {
    long grown = PjrtFunction.CLIENT_CREATE.arguments().orElseThrow().size() + 24;
    fake.withStructSize(PjrtFunction.CLIENT_CREATE, grown);
    assertArrayEquals(
        new float[] {1, 2, 3}, echo(PjrtPlugin.at(fake.table(130, ALL, Set.of()), "fake")));
  }

  @Test
  void aPluginOfOurAgeIsGivenTheExactSize() {
    fake.withStructSize(
        PjrtFunction.CLIENT_CREATE,
        PjrtFunction.CLIENT_CREATE.arguments().orElseThrow().size() + 1);
    PjrtException e = assertThrows(PjrtException.class, () -> fake.open().createClient());
    assertTrue(e.detail().contains("expected 89, got 88"), e.detail());
  }

  @Test
  void aFunctionBeyondTheTableIsNamedWithItsVersion() {
    PjrtPlugin plugin = PjrtPlugin.at(fake.table(70, 112, Set.of()), "fake");
    PjrtException e = assertThrows(PjrtException.class, () -> plugin.loadTopology(new byte[] {1}));
    assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
    assertEquals("PJRT_TopologyDescription_Deserialize", e.call());
    assertTrue(e.detail().contains("since API 0.75, the plugin speaks 0.70"), e.detail());
  }

  @Test
  void aHoleInTheTableIsAnErrorAndNotACrash() {
    PjrtPlugin plugin =
        PjrtPlugin.at(
            fake.table(114, ALL, Set.of(PjrtFunction.TOPOLOGY_DESCRIPTION_CREATE)), "fake");
    PjrtException e = assertThrows(PjrtException.class, () -> plugin.topology("v5e:2x2"));
    assertEquals(PjrtCode.UNIMPLEMENTED, e.code());
  }

  @ParameterizedTest
  @CsvSource({
    "0,62,1144,install a newer build",
    "1,0,1144,use a newer Shardsum",
    "0,114,8,check the path",
    "0,114,123456789,check the path",
    "0,114,-1,check the path"
  })
  void aTableOfAnotherKindIsRefusedWithAWayOut(int major, int minor, long size, String way) {
    MemorySegment table = fake.table(major, minor, size, ALL, Set.of());
    PjrtException e = assertThrows(PjrtException.class, () -> PjrtPlugin.at(table, "/lib/old.so"));
    assertEquals(PjrtCode.FAILED_PRECONDITION, e.code());
    assertTrue(e.detail().startsWith("/lib/old.so: "), e.detail());
    assertTrue(e.detail().contains(way), e.detail());
  }

  @Test
  void noTableIsRefused() {
    PjrtException e =
        assertThrows(
            PjrtException.class, () -> PjrtPlugin.at(MemorySegment.NULL, "/lib/broken.so"));
    assertTrue(e.detail().contains("returned null"), e.detail());
  }

  @Test
  void aPluginThatDoesNotInitialiseIsRefused() {
    fake.with(
        PjrtFunction.PLUGIN_INITIALIZE, _ -> fake.error(PjrtCode.UNAVAILABLE, "the moon is full"));
    PjrtException e = assertThrows(PjrtException.class, fake::open);
    assertEquals(PjrtCode.UNAVAILABLE, e.code());
    assertEquals("the moon is full", e.detail());
    assertEquals("PJRT_Plugin_Initialize: UNAVAILABLE: the moon is full", e.getMessage());
  }

  private static float[] echo(PjrtPlugin plugin) {
    try (PjrtClient client = plugin.createClient();
        PjrtLoadedExecutable program = client.compile("module {}", PjrtCompileOptions.defaults());
        PjrtBuffer in =
            client.bufferFrom(Tensor.of(new float[] {1, 2, 3}, 3), client.devices().getFirst());
        PjrtBuffer out = program.run(in).getFirst()) {
      return out.toTensor().toFloatArray();
    }
  }
}
