package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.client.XnnpackCapture;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which compilations are given XNNPACK's option, and what follows if a plugin lacks it. */
class XnnpackCaptureTest {
  private static final PjrtCompileOptions PLAIN = PjrtCompileOptions.defaults();
  private static final PjrtCompileOptions AVOIDING =
      PLAIN.withFlag(XnnpackCapture.OPTION, PjrtValue.of(false));

  private static final String TEXT = OnPlugin.ADD;

  private final FakePlugin fake = new FakePlugin();
  private final List<byte[]> compiledWith = new ArrayList<>();

  @Test
  void theOptionGoesToOldPluginsOfACpuAlone() {
    ApiVersion old = new ApiVersion(0, 81);
    assertEquals(Optional.of(AVOIDING), XnnpackCapture.avoiding(PLAIN, true, old));
    assertEquals(Optional.empty(), XnnpackCapture.avoiding(PLAIN, false, old));
    assertEquals(Optional.empty(), XnnpackCapture.avoiding(PLAIN, true, new ApiVersion(0, 106)));
  }

  @Test
  void aCallersOwnValueStays() {
    PjrtCompileOptions chosen = PLAIN.withFlag(XnnpackCapture.OPTION, PjrtValue.of(true));
    assertEquals(Optional.empty(), XnnpackCapture.avoiding(chosen, true, new ApiVersion(0, 81)));
  }

  @Test
  void aPluginThatDoesNotKnowTheOptionCompilesWithoutIt() {
    FakePlugin picky =
        fake.onCpu()
            .refusing(
                PjrtFunction.CLIENT_COMPILE,
                arguments -> {
                  compiledWith.add(options(arguments));
                  return compiledWith.size() == 1
                      ? fake.error(
                          PjrtCode.INVALID_ARGUMENT,
                          "No such compile option: '" + XnnpackCapture.OPTION + "'")
                      : MemorySegment.NULL;
                });
    try (PjrtClient client = old(picky).createClient()) {
      client.compile(TEXT, PLAIN).close();
    }
    assertEquals(2, compiledWith.size());
    assertEquals(
        List.of(AVOIDING.toBytes().length, PLAIN.toBytes().length),
        compiledWith.stream().map(bytes -> bytes.length).toList());
  }

  @Test
  void anotherErrorIsTheCallers() {
    FakePlugin failing =
        fake.onCpu()
            .with(
                PjrtFunction.CLIENT_COMPILE,
                arguments -> {
                  compiledWith.add(options(arguments));
                  return fake.error(PjrtCode.INVALID_ARGUMENT, "line 3: expected '}'");
                });
    try (PjrtClient client = old(failing).createClient()) {
      PjrtException e = assertThrows(PjrtException.class, () -> client.compile(TEXT, PLAIN));
      assertEquals("line 3: expected '}'", e.detail());
    }
    assertEquals(1, compiledWith.size());
  }

  private static byte[] options(Fields arguments) {
    return NativeMemory.bytes(
        arguments.pointer("compile_options"), arguments.number("compile_options_size"));
  }

  private static PjrtPlugin old(FakePlugin plugin) {
    return PjrtPlugin.at(plugin.table(81, 118, Set.of()), "fake");
  }
}
