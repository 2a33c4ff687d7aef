package io.github.shardsum.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.moe.Activation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MoeCaseTest {
  @ParameterizedTest
  @ValueSource(strings = {"2,64,16,32,8:backward:swiglu", "2x64x16x32x8:swiglu:backward"})
  void readsSizesActivationAndBackward(String text) {
    MoeCase layer = MoeCase.parse(text);
    assertEquals("2, 64, 16, 32, 8 swiglu", layer.toString());
    assertEquals(new MoeCase(layer.sizes(), Activation.SWIGLU, true, false), layer);
    assertEquals(256, layer.rows());
    assertEquals(32, layer.rowsOfExpert());
    assertEquals(2.0 * 256 * 16 * 32 * 3, layer.flops());
    assertEquals(2 * 64 * 16 * Float.BYTES, layer.tokensBytes());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2,64,16,32",
        "2,64,16,32,8,9",
        "2,64,16,32,8:tanh",
        "2,64,16,32,8b",
        "2,64,16,32,8:gelu:relu",
        "2,64,16,32,8:gelu:torch"
      })
  void refusesWhatIsNoCase(String text) {
    assertThrows(IllegalArgumentException.class, () -> MoeCase.parse(text));
  }

  @Test
  void hasTheRouterOfItsWeights() {
    MoeCase layer = MoeCase.parse("1,8,16,4,8");
    assertArrayEquals(layer.weights().gate().toFloatArray(), layer.gate().toFloatArray());
  }
}
