package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
