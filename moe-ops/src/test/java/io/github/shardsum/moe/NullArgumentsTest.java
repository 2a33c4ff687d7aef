package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Whoever passes null is told for what. */
class NullArgumentsTest {
  private static final Tensor LOGITS = Tensor.zeros(DType.F32, 1, 4, 2);
  private static final GatingOptions OPTIONS = GatingOptions.paper();
  private static final Randomness RANDOMNESS = new Randomness.Seeded(1, 0, 0);

  private static void names(String argument, Executable call) {
    assertEquals(argument, assertThrows(NullPointerException.class, call).getMessage());
  }

  @Test
  void ofTensorsOfTheRoutingAndTheLayer() {
    MoeWeights weights = MoeWeights.random(4, 8, 2, 1);
    names("gating: scores", () -> Gating.route((Tensor) null, OPTIONS, RANDOMNESS));
    names("moe: wg", () -> new MoeWeights(null, weights.in(), weights.out()));
    names("moe: wi", () -> new MoeWeights(weights.gate(), null, weights.out()));
    names("moe: wo", () -> new MoeWeights(weights.gate(), weights.in(), null));
    names("moe: tokens", () -> MoeInput.of(null));
    MoeLayer layer = MoeLayer.of(weights, OPTIONS, Workers.sequential());
    names("input", () -> layer.forward(null, RANDOMNESS));
  }

  @Test
  void weightsThatNoArrayHoldsSayWhatToDoAboutWeights() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> MoeWeights.random(1 << 20, 1 << 20, 4, 1));
    assertTrue(e.getMessage().endsWith("; use fewer experts or smaller widths"), e.getMessage());
  }

  @Test
  void ofASpecification() {
    MoeSizes sizes = new MoeSizes(1, 4, 2, 4, 4, 8);
    Randomness.Seeded seeded = Randomness.seeded(1);
    names("sizes", () -> MoeProgramSpec.of(null, DType.F32, OPTIONS, seeded));
    names("dtype", () -> MoeProgramSpec.of(sizes, null, OPTIONS, seeded));
    names("options", () -> MoeProgramSpec.of(sizes, DType.F32, null, seeded));
    names("randomness", () -> MoeProgramSpec.of(sizes, DType.F32, OPTIONS, null));
  }

  @Test
  void ofRouting() {
    Workers workers = Workers.sequential();
    GatingInput input = GatingInput.logits(LOGITS);
    names("input", () -> Gating.route((GatingInput) null, OPTIONS, RANDOMNESS, workers));
    names("options", () -> Gating.route(LOGITS, null, RANDOMNESS));
    names("randomness", () -> Gating.route(LOGITS, OPTIONS, null));
    names("workers", () -> Gating.route(input, OPTIONS, RANDOMNESS, null));
    names("mask", () -> input.withNonPadding(null));
  }

  @Test
  void ofOptions() {
    names("secondChoice", () -> GatingOptions.builder().secondChoice(null));
    names("normalization", () -> GatingOptions.builder().normalization(null));
    names("router", () -> GatingOptions.builder().router(null).build());
  }

  @Test
  void ofLayers() {
    MoeInput input = MoeInput.of(Tensor.zeros(DType.F32, 1, 4, 3));
    MoeLayer layer = MoeLayer.of(MoeWeights.random(3, 4, 2, 1), OPTIONS, Workers.sequential());
    names("mask", () -> input.withNonPadding(null));
    names("randomness", () -> layer.forward(input, null));
    names("reuse", () -> layer.forward(input, RANDOMNESS, null));
  }
}
