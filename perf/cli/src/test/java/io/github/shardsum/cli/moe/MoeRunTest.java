package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.Moe;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MoeRunTest {
  private static final Progress QUIET =
      new Progress(new PrintWriter(new StringWriter()), false, false);

  private static MoeJob job(long seed, int threads) {
    return MoeJob.paper(4, 50, 8, 12, 1, seed, threads, 1000);
  }

  private static MoeTextSource text(int bytes) {
    byte[] sentence =
        "Ask not for whom the bell tolls; it tolls for thee. "
            .repeat(bytes / 52 + 1)
            .getBytes(StandardCharsets.UTF_8);
    return new MoeTextSource.InMemory("a sentence", java.util.Arrays.copyOf(sentence, bytes));
  }

  private static MoeOutcome run(MoeJob job, MoeTextSource text) throws IOException {
    try (Workers workers = Workers.of(job.threads())) {
      return new MoeRun(job, CompileOptions.defaults(), text, workers, QUIET).run(0);
    }
  }

  @Test
  void oneSeedGivesTheSameOutputsForEveryNumberOfThreads() throws IOException {
    MoeOutcome one = run(job(1, 1), text(777));
    for (int threads : new int[] {1, 2, 4}) {
      MoeOutcome other = run(job(1, threads), text(777));
      assertEquals(one.checksum(), other.checksum());
      assertArrayEquals(one.totals().load(), other.totals().load());
      assertEquals(one.totals().meanAuxLoss(), other.totals().meanAuxLoss());
    }
    assertNotEquals(one.checksum(), run(job(2, 1), text(777)).checksum());
  }

  @Test
  void theLastGroupIsPaddedAndPaddingCountsNowhere() throws IOException {
    MoeOutcome outcome = run(job(1, 1), text(777));
    assertEquals(16, outcome.totals().groups());
    assertEquals(777, outcome.totals().tokens());
    assertTrue(outcome.totals().routedRows() <= 2 * 777);
    assertTrue(outcome.check().passed());
  }

  @Test
  void aTextOfOneByteRuns() throws IOException {
    MoeOutcome outcome = run(job(3, 2), text(1));
    assertEquals(1, outcome.totals().tokens());
    assertTrue(outcome.check().passed());
  }

  @Test
  void aTextOfSeveralPassesIsCheckedInAllItsParts() throws IOException {
    MoeJob job = MoeJob.paper(4, 5000, 2, 2, 1, 1, 1, 1000);
    MoeOutcome outcome = run(job, text(40_000));
    assertEquals(3, outcome.totals().passes());
    assertEquals(8, outcome.totals().groups());
    assertEquals(8, outcome.check().groups());
    assertTrue(outcome.check().passed());
  }

  @Test
  void theCheckFindsAWrongOutputAWrongLogitAndAWrongRoute() throws IOException {
    assertTrue(checked(_ -> {}).passed());
    MoeCheckResult output =
        checked(
            result -> result.outputs().set(result.outputs().getDouble(0, 3, 2) + 1e-4, 0, 3, 2));
    assertFalse(output.passed());
    assertEquals(1e-4, output.largestError(), 1e-6);
    MoeCheckResult logit = checked(result -> result.logits().set(9.0, 0, 3, 1));
    assertFalse(logit.passed());
    MoeCheckResult position = checked(result -> result.positions().set(5L, 0, 3, 0));
    assertEquals(1, position.wrongRoutes());
    assertFalse(position.passed());
    MoeCheckResult weight =
        checked(
            result -> result.weights().set(result.weights().getDouble(0, 3, 0) * 1.001, 0, 3, 0));
    assertEquals(1, weight.wrongRoutes());
    assertFalse(checked(result -> result.outputs().set(Double.NaN, 0, 3, 2)).passed());
  }

  private interface Change {
    void apply(Moe.Result result);
  }

  private static MoeCheckResult checked(Change change) throws IOException {
    MoeJob job = job(1, 1);
    Workers workers = Workers.sequential();
    MoeWeights weights = MoeWeights.random(8, 12, 4, 1);
    MoeTokenBatch batch = new MoeTokenBatch(job, text(50), new MoeByteEmbedding(8, 1));
    batch.load(0, workers);
    MoeSizes sizes = job.sizes(1);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, job.options(), Randomness.seeded(1).stream(6));
    LocalBackend backend = LocalBackend.of(workers, MoePrograms.kernels());
    try (Moe moe = Moe.compile(spec, backend);
        MoeCheck check = new MoeCheck(job, weights, 6)) {
      Moe.Result result = moe.run(weights, batch.tokens());
      change.apply(result);
      check.check(new MoePass(job.form(1), batch, result, 1), new TreeSet<>(List.of(3, 7)));
      return check.result();
    }
  }

  @Test
  void fewerPassesThanTheTextTakesAreSpreadOverIt() throws IOException {
    MoeJob job = MoeJob.paper(4, 5000, 2, 2, 1, 1, 1, 2);
    MoeOutcome outcome = run(job, text(60_000));
    assertEquals(4, job.allPasses(60_000));
    assertEquals(2, outcome.totals().passes());
    assertEquals(30_000, outcome.totals().tokens());
    assertTrue(outcome.check().passed());
  }

  @Test
  void whatDoesNotFitInTheHeapIsRefusedWithARemedy() {
    MoeJob job = MoeJob.paper(16, 1024, 128, 512, 1, 1, 1, 1000);
    job.checkMemory(1L << 30);
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> job.checkMemory(40L << 20));
    assertTrue(thrown.toString().contains("SHARDSUM_JAVA_OPTS=-Xmx"), thrown.toString());
  }

  @Test
  void bytesBecomeRowsOfTheTable() throws IOException {
    MoeJob job = job(1, 1);
    MoeTokenBatch batch = new MoeTokenBatch(job, text(60), new MoeByteEmbedding(8, 1));
    assertTrue(batch.load(0, Workers.sequential()));
    Tensor tokens = batch.tokens();
    assertArrayEquals(
        tokens.select(0, 0).select(0, 3).toFloatArray(),
        tokens.select(0, 0).select(0, 7).toFloatArray(),
        "both are blanks");
    assertArrayEquals(new float[8], tokens.select(0, 1).select(0, 10).toFloatArray());
    assertFalse(batch.load(60, Workers.sequential()));
  }
}
