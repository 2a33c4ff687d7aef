package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.moe.RouteInput.Uniform;
import io.github.shardsum.tensor.DType;
import org.junit.jupiter.api.Test;

/** The builder of a layer gives what the constructor gives for the same sizes. */
class MoeSpecTest {
  private static MoeSpec.Builder five() {
    return MoeSpec.builder().groups(2).tokens(12).experts(3).model(5).hidden(7);
  }

  @Test
  void aBuilderNamesTheSizes() {
    RouteOptions options = RouteOptions.parse("top1 capacity=factor:1.5");
    MoeSpec spec =
        five().options(options).dtype(DType.F64).randomness(Randomness.seeded(9)).build();
    assertEquals(new MoeSizes(2, 12, 3, 6, 5, 7), spec.sizes());
    assertEquals(options, spec.options());
    assertEquals(DType.F64, spec.dtype());
    assertEquals(Randomness.seeded(9), spec.randomness());
    assertEquals(MoeSpec.of(spec.sizes(), DType.F64, options, Randomness.seeded(9)), spec);
  }

  @Test
  void optionsThatAreNotSetAreThePapers() {
    MoeSpec spec = five().build();
    assertEquals(RouteOptions.paper(), spec.options());
    assertEquals(DType.F32, spec.dtype());
    assertEquals(Randomness.seeded(0), spec.randomness());
  }

  @Test
  void aCopyKeepsWhatWithMethodsSet() {
    MoeSpec spec =
        five()
            .build()
            .withPadding()
            .withUniform(Uniform.PER_TOKEN)
            .withActivation(Activation.SWIGLU)
            .withBias()
            .withHiddenKept()
            .withMetrics();
    assertEquals(spec, spec.toBuilder().build());
    MoeSpec wider = spec.toBuilder().model(6).build();
    assertEquals(6, wider.sizes().model());
    assertEquals(spec, wider.toBuilder().model(5).build());
  }

  @Test
  void anUnsetSizeIsNamed() {
    MoeSpec.Builder builder = MoeSpec.builder().groups(2).tokens(12).experts(3).model(5);
    IllegalArgumentException missing = assertThrows(IllegalArgumentException.class, builder::build);
    assertEquals("moe: hidden must be set", missing.getMessage());
    assertThrows(IllegalArgumentException.class, () -> five().experts(0).build());
    IllegalArgumentException negative =
        assertThrows(IllegalArgumentException.class, () -> five().groups(-1).build());
    assertTrue(negative.getMessage().endsWith(", got -1"), negative::getMessage);
    assertThrows(IllegalArgumentException.class, () -> five().dtype(DType.I32).build());
  }
}
