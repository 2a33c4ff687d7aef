package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoeLayer;
import io.github.shardsum.moe.MoePass;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MoeRunTest {
  private static final Progress QUIET = new Progress(new PrintWriter(new StringWriter()), false);

  private static MoeJob job(long seed, int threads) {
    return new MoeJob(4, 50, 8, 12, 1, seed, threads);
  }

  private static TextSource text(int bytes) {
    byte[] sentence =
        "Ask not for whom the bell tolls; it tolls for thee. "
            .repeat(bytes / 52 + 1)
            .getBytes(StandardCharsets.UTF_8);
    return new TextSource.InMemory("a sentence", java.util.Arrays.copyOf(sentence, bytes));
  }

  private static MoeOutcome run(MoeJob job, TextSource text) throws IOException {
    try (Workers workers = Workers.of(job.threads())) {
      return new MoeRun(job, text, workers, QUIET).run(0);
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
    MoeJob job = new MoeJob(4, 5000, 2, 2, 1, 1, 1);
    MoeOutcome outcome = run(job, text(40_000));
    assertEquals(3, outcome.totals().passes());
    assertEquals(8, outcome.totals().groups());
    assertEquals(8, outcome.check().groups());
    assertTrue(outcome.check().passed());
  }

  @Test
  void theCheckFindsAWrongOutputAWrongLogitAndAWrongRoute() throws IOException {
    assertTrue(checked(_ -> {}).passed());
    CheckResult output =
        checked(pass -> pass.outputs().set(pass.outputs().getDouble(0, 3, 2) + 1e-4, 0, 3, 2));
    assertFalse(output.passed());
    assertEquals(1e-4, output.largestError(), 1e-6);
    CheckResult logit = checked(pass -> pass.activations().logits().set(9.0, 0, 3, 1));
    assertFalse(logit.passed());
    CheckResult route = checked(pass -> pass.routing().combine().positions().set(5L, 0, 3, 0));
    assertEquals(1, route.wrongRoutes());
    assertFalse(route.passed());
    assertFalse(checked(pass -> pass.outputs().set(Double.NaN, 0, 3, 2)).passed());
  }

  private interface Change {
    void apply(MoePass pass);
  }

  private static CheckResult checked(Change change) throws IOException {
    MoeJob job = job(1, 1);
    Workers workers = Workers.sequential();
    MoeWeights weights = MoeWeights.random(8, 12, 4, 1);
    TokenBatch batch = new TokenBatch(job, text(50), new ByteEmbedding(8, 1));
    batch.load(0, workers);
    MoePass pass =
        MoeLayer.of(weights, job.gating(), workers)
            .forward(batch.input(), Randomness.seeded(1).stream(6));
    change.apply(pass);
    MoeCheck check = new MoeCheck(weights, 1, 6);
    check.check(pass, batch, new TreeSet<>(java.util.List.of(3, 7)));
    return check.result();
  }

  @Test
  void whatDoesNotFitInTheHeapIsRefusedWithARemedy() {
    MoeJob job = new MoeJob(16, 1024, 128, 512, 1, 1, 1);
    job.checkMemory(1L << 30);
    IllegalArgumentException thrown =
        assertThrows(IllegalArgumentException.class, () -> job.checkMemory(100L << 20));
    assertTrue(thrown.toString().contains("SHARDSUM_JAVA_OPTS=-Xmx"), thrown.toString());
  }

  @Test
  void bytesBecomeRowsOfTheTable() throws IOException {
    MoeJob job = job(1, 1);
    TokenBatch batch = new TokenBatch(job, text(60), new ByteEmbedding(8, 1));
    assertTrue(batch.load(0, Workers.sequential()));
    Tensor tokens = batch.input().tokens();
    assertArrayEquals(
        tokens.select(0, 0).select(0, 3).toFloatArray(),
        tokens.select(0, 0).select(0, 7).toFloatArray(),
        "both are blanks");
    assertArrayEquals(new float[8], tokens.select(0, 1).select(0, 10).toFloatArray());
    assertFalse(batch.load(60, Workers.sequential()));
  }
}
