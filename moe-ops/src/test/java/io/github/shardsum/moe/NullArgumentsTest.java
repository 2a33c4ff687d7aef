package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** An error for null names the argument. */
class NullArgumentsTest {
  private static final Tensor LOGITS = Tensor.zeros(DType.F32, 1, 4, 2);
  private static final RouteOptions OPTIONS = RouteOptions.paper();
  private static final Randomness RANDOMNESS = Randomness.seeded(1);

  private static void names(String argument, Executable call) {
    assertEquals(argument, assertThrows(NullPointerException.class, call).getMessage());
  }

  @Test
  void ofTensorsOfTheRoutingAndTheLayer() {
    MoeWeights weights = MoeWeights.random(4, 8, 2, 1);
    names("route: scores", () -> Route.of((Tensor) null, OPTIONS, RANDOMNESS));
    names("moe: wg", () -> new MoeWeights(null, weights.in(), weights.out()));
    names("moe: wi", () -> new MoeWeights(weights.gate(), null, weights.out()));
    names("moe: wo", () -> new MoeWeights(weights.gate(), weights.in(), null));
    try (Moe moe = moe()) {
      names("moe: tokens", () -> moe.run(weights, null));
      names("weights", () -> moe.run(null, LOGITS));
    }
  }

  private static Moe moe() {
    MoeSizes sizes = MoeSizes.of(1, 4, 2, 4, 8, OPTIONS);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, OPTIONS, RANDOMNESS);
    return Moe.compile(spec, LocalBackend.of(Workers.sequential(), MoePrograms.kernels()));
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
    Randomness seeded = Randomness.seeded(1);
    names("sizes", () -> MoeSpec.of(null, DType.F32, OPTIONS, seeded));
    names("dtype", () -> MoeSpec.of(sizes, null, OPTIONS, seeded));
    names("options", () -> MoeSpec.of(sizes, DType.F32, null, seeded));
    names("randomness", () -> MoeSpec.of(sizes, DType.F32, OPTIONS, null));
  }

  @Test
  void ofRouting() {
    Workers workers = Workers.sequential();
    RouteInput<Tensor> input = RouteInput.logits(LOGITS);
    names("input", () -> Route.of((RouteInput<Tensor>) null, OPTIONS, RANDOMNESS, workers));
    names("options", () -> Route.of(LOGITS, null, RANDOMNESS));
    names("randomness", () -> Route.of(LOGITS, OPTIONS, null));
    names("workers", () -> Route.of(input, OPTIONS, RANDOMNESS, null));
    names("mask", () -> input.withNonPadding(null));
  }

  @Test
  void ofOptions() {
    names("secondChoice", () -> RouteOptions.builder().secondChoice(null));
    names("normalization", () -> RouteOptions.builder().normalization(null));
    names("router", () -> RouteOptions.builder().router(null).build());
  }

  @Test
  void ofLayers() {
    MoeWeights weights = MoeWeights.random(4, 8, 2, 1);
    Tensor tokens = Tensor.zeros(DType.F32, 1, 4, 4);
    try (Moe moe = moe()) {
      names("randomness", () -> moe.run(weights, tokens, Optional.empty(), null));
      names("result", () -> moe.runInto(null, weights, tokens, Optional.empty(), RANDOMNESS));
    }
    names("spec", () -> Moe.compile(null, LocalBackend.of(Workers.sequential())));
  }
}
