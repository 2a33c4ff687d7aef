package io.github.shardsum.cli.moe;

import io.github.shardsum.cli.common.Progress;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoeActivations;
import io.github.shardsum.moe.MoeLayer;
import io.github.shardsum.moe.MoePass;
import io.github.shardsum.moe.MoeWeights;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/** The layer over a text: a batch of groups at a time, the last group padded. */
final class MoeRun {
  private static final long ROUTING_STREAM = 4;

  /** Multiply-adds that the scalar reference may take, about a second of them. */
  private static final double CHECK_WORK = 3e8;

  private static final int MOST_CHECKED = 256;
  private static final int FEWEST_CHECKED = 4;
  private static final int CHECKSUM_CHUNK = 1 << 16;

  private final MoeJob job;
  private final TextSource text;
  private final Workers workers;
  private final Progress progress;
  private final ByteEmbedding vectors;
  private final MoeLayer layer;
  private final MoeCheck check;
  private final CRC32C checksum = new CRC32C();
  private final byte[] chunk = new byte[CHECKSUM_CHUNK];

  MoeRun(MoeJob job, TextSource text, Workers workers, Progress progress) {
    this.job = job;
    this.text = text;
    this.workers = workers;
    this.progress = progress;
    this.vectors = new ByteEmbedding(job.model(), job.seed());
    MoeWeights weights = MoeWeights.random(job.model(), job.hidden(), job.experts(), job.seed());
    this.layer = MoeLayer.of(weights, job.gating(), workers);
    this.check = new MoeCheck(weights, job.seed(), ROUTING_STREAM);
  }

  /**
   * Runs.
   *
   * @param warmUpSeconds the first batch is repeated about this long before anything counts, so
   *     that the JIT's work is not reported as the layer's
   */
  MoeOutcome run(double warmUpSeconds) throws IOException {
    TokenBatch batch = new TokenBatch(job, text, vectors);
    MoeActivations memory =
        MoeActivations.allocate(job.sizes(job.batchGroups(text.size())), DType.F32);
    warmUp(batch, memory, warmUpSeconds);
    MoeTotals totals = new MoeTotals(job.experts());
    progress.begin("the layer", text.size());
    long begin = System.nanoTime();
    for (long at = 0; batch.load(at, workers); at += batch.count()) {
      MoePass pass = forward(batch, memory);
      totals.add(pass);
      check.check(pass, batch, sample(batch));
      addToChecksum(pass.outputs());
      progress.advance(batch.count());
    }
    progress.end();
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new MoeOutcome(
        job, text.description(), text.size(), totals, check.result(), checksum.getValue(), seconds);
  }

  private void warmUp(TokenBatch batch, MoeActivations memory, double seconds) throws IOException {
    long nanos = (long) (seconds * 1e9);
    progress.begin("warming up", nanos);
    batch.load(0, workers);
    long begin = System.nanoTime();
    for (long spent = 0; spent < nanos; ) {
      forward(batch, memory);
      long now = System.nanoTime() - begin;
      progress.advance(now - spent);
      spent = now;
    }
  }

  private MoePass forward(TokenBatch batch, MoeActivations memory) {
    Randomness randomness =
        Randomness.seeded(job.seed()).stream(ROUTING_STREAM).from(batch.position());
    return layer.forward(batch.input(), randomness, memory);
  }

  /** Every so many tokens of the text one is checked, so that all its parts are. */
  private NavigableSet<Integer> sample(TokenBatch batch) {
    double work = 4.0 * job.model() * job.hidden();
    long tokens = (long) Math.clamp(CHECK_WORK / work, FEWEST_CHECKED, MOST_CHECKED);
    long every = Math.max(1, text.size() / tokens);
    NavigableSet<Integer> sample = new TreeSet<>();
    long first = Math.ceilDiv(batch.position(), every) * every;
    for (long at = first; at < batch.position() + batch.count(); at += every) {
      sample.add((int) (at - batch.position()));
    }
    return sample;
  }

  private void addToChecksum(Tensor outputs) {
    MemorySegment bytes = outputs.segment();
    for (long at = 0; at < bytes.byteSize(); at += chunk.length) {
      int length = (int) Math.min(chunk.length, bytes.byteSize() - at);
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
      checksum.update(chunk, 0, length);
    }
  }
}
