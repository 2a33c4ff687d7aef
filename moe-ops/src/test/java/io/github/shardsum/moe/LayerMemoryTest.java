package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What plans of the layer hold, beside weights and their gradients: little more than tokens and
 * outputs, their cotangents, and rows. Nothing is run.
 */
class LayerMemoryTest {
  private static final RouteOptions OPTIONS = RouteOptions.parse("top2 second=all capacity=load");
  private static final long CHOICES = 2;

  /** Bytes of a layer's parts. */
  private record Parts(long tokens, long rows, long hidden) {
    static Parts of(MoeSizes sizes) {
      long tokens = sizes.groups() * sizes.tokens() * Float.BYTES;
      return new Parts(
          tokens * sizes.model(),
          CHOICES * tokens * sizes.model(),
          CHOICES * tokens * sizes.hidden());
    }
  }

  private static long peak(Program program, int threads) {
    try (Workers workers = Workers.of(threads);
        Executable executable = LocalBackend.of(workers, MoePrograms.kernels()).compile(program)) {
      return executable.peakBytes();
    }
  }

  private static void check(String what, double bytes, double bound) {
    assertTrue(
        bytes <= bound,
        String.format(Locale.ROOT, "%s: %.1f MB of %.1f", what, bytes / 1e6, bound / 1e6));
  }

  @ParameterizedTest
  @CsvSource({
    "8, 1024, 512, 2048, 8, RELU",
    "8, 1024, 512, 2048, 64, RELU",
    "8, 1024, 1024, 8192, 8, RELU",
    "8, 1024, 512, 2048, 64, GELU",
    "16, 1024, 512, 1408, 64, SWIGLU"
  })
  void isLittleMoreThanWhatGoesInAndOut(
      long groups, long tokens, long model, long hidden, long experts, Activation activation) {
    MoeSizes sizes = MoeSizes.of(groups, tokens, experts, model, hidden, OPTIONS);
    MoeSpec spec =
        MoeSpec.of(sizes, DType.F32, OPTIONS, Randomness.seeded(1)).withActivation(activation);
    Parts parts = Parts.of(sizes);
    double all = 2.0 * parts.tokens() + parts.rows();
    double both = 4.0 * parts.tokens() + 2.0 * parts.rows();
    long kept = (activation.isGated() ? 2 : 1) * parts.hidden();
    for (int threads = 1; threads <= 2; threads++) {
      Program forward = MoePrograms.raggedLayer(spec);
      String what = sizes + " on " + threads;
      check("forward, " + what, 2.0 * parts.tokens() + peak(forward, threads), 1.2 * all);
      Program again = MoePrograms.gradient(forward);
      check("recomputed, " + what, 4.0 * parts.tokens() + peak(again, threads), 1.2 * both);
      Program keeping = MoePrograms.gradient(MoePrograms.raggedLayer(spec.withHiddenKept()));
      check("kept, " + what, 4.0 * parts.tokens() + peak(keeping, threads), 1.15 * (both + kept));
    }
  }
}
