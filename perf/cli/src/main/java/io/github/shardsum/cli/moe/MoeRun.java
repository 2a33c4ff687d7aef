package io.github.shardsum.cli.moe;

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
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/** The layer over a text: a batch of groups at a time, the last group padded. */
final class MoeRun {
  private static final long ROUTING_STREAM = 4;

  /** Multiply-adds that the reference backend may take, a second or two of them. */
  private static final double CHECK_WORK = 2e7;

  private static final int MOST_CHECKED = 256;
  private static final int FEWEST_CHECKED = 4;
  private static final int CHECKSUM_CHUNK = 1 << 16;

  private final MoeJob job;
  private final CompileOptions options;
  private final MoeTextSource text;
  private final Workers workers;
  private final Progress progress;
  private final MoeByteEmbedding vectors;
  private final MoeWeights weights;
  private final Map<MoeSizes, Moe.Result> memory = new HashMap<>();
  private final CRC32C checksum = new CRC32C();
  private final byte[] chunk = new byte[CHECKSUM_CHUNK];

  MoeRun(
      MoeJob job, CompileOptions options, MoeTextSource text, Workers workers, Progress progress) {
    this.job = job;
    this.options = options;
    this.text = text;
    this.workers = workers;
    this.progress = progress;
    this.vectors = new MoeByteEmbedding(job.model(), job.seed());
    this.weights = job.weights();
  }

  /**
   * Runs.
   *
   * @param warmUpSeconds the first batch is repeated about this long before anything counts, so
   *     that the JIT's work is not reported as the layer's
   */
  MoeOutcome run(double warmUpSeconds) throws IOException {
    MoeSizes sizes = job.sizes(job.batchGroups(text.size()));
    Randomness randomness = Randomness.seeded(job.seed()).stream(ROUTING_STREAM);
    MoeSpec spec = job.spec(sizes, randomness);
    LocalBackend backend = LocalBackend.of(workers, MoePrograms.kernels());
    try (Moe moe = Moe.compile(spec, backend, options.withProfile());
        MoeCheck check = new MoeCheck(job, weights, ROUTING_STREAM);
        MoeBackward backward = new MoeBackward(job, weights, ROUTING_STREAM, workers)) {
      MoeTokenBatch batch = new MoeTokenBatch(job, text, vectors);
      warmUp(moe, batch, warmUpSeconds);
      return run(moe, check, backward, batch);
    }
  }

  private MoeOutcome run(Moe moe, MoeCheck check, MoeBackward backward, MoeTokenBatch batch)
      throws IOException {
    MoeTotals totals = new MoeTotals(job.experts());
    totals.addTimes(moe.profile(), -1);
    long passes = passes();
    progress.begin("the layer", passes);
    long begin = System.nanoTime();
    long tokens = 0;
    for (long pass = 0; pass < passes; pass++) {
      batch.load(start(pass), workers);
      MoePass done = forward(moe, batch);
      totals.add(done);
      check.check(done, sample(tokens, batch.count()));
      if (job.backward()) {
        backward.run(done);
      }
      addToChecksum(done.result().outputs());
      tokens += batch.count();
      progress.advance(1);
    }
    progress.end();
    double seconds = (System.nanoTime() - begin) / 1e9;
    totals.addTimes(moe.profile(), 1);
    return new MoeOutcome(
        job,
        text.description(),
        text.size(),
        totals,
        check.result(),
        job.backward() ? Optional.of(backward.found()) : Optional.empty(),
        checksum.getValue(),
        seconds);
  }

  private long passes() {
    return Math.min(job.passes(), job.allPasses(text.size()));
  }

  /** The byte of the text at which a pass begins: passes are spread evenly over the text. */
  private long start(long pass) {
    long batch = pass * job.allPasses(text.size()) / passes();
    return batch * job.batchGroups(text.size()) * job.group();
  }

  /** The last batch too is compiled and warm: it may have fewer groups, or padding. */
  private void warmUp(Moe moe, MoeTokenBatch batch, double seconds) throws IOException {
    long nanos = (long) (seconds * 1e9);
    progress.begin("warming up", nanos);
    batch.load(start(passes() - 1), workers);
    forward(moe, batch);
    batch.load(0, workers);
    long begin = System.nanoTime();
    for (long spent = 0; spent < nanos; ) {
      forward(moe, batch);
      long now = System.nanoTime() - begin;
      progress.advance(now - spent);
      spent = now;
    }
  }

  private MoePass forward(Moe moe, MoeTokenBatch batch) {
    Randomness randomness =
        Randomness.seeded(job.seed()).stream(ROUTING_STREAM).from(batch.position());
    MoeSizes sizes = job.sizes(batch.groups());
    Tensor tokens = batch.tokens();
    Moe.Result used = memory.get(sizes);
    long begin = System.nanoTime();
    if (used == null) {
      used = moe.run(weights, tokens, batch.nonPadding(), randomness);
      memory.put(sizes, used);
    } else {
      moe.runInto(used, weights, tokens, batch.nonPadding(), randomness);
    }
    return new MoePass(job.form(batch.groups()), batch, used, System.nanoTime() - begin);
  }

  /** The tokens to check: every n-th token, so that all parts of the text are checked. */
  private NavigableSet<Integer> sample(long before, int count) {
    double work = 10.0 * job.model() * job.hidden();
    long checked = (long) Math.clamp(CHECK_WORK / work, FEWEST_CHECKED, MOST_CHECKED);
    long batch = (long) job.batchGroups(text.size()) * job.group();
    long every = Math.max(1, Math.min(text.size(), passes() * batch) / checked);
    NavigableSet<Integer> sample = new TreeSet<>();
    long first = Math.ceilDiv(before, every) * every;
    for (long at = first; at < before + count; at += every) {
      sample.add((int) (at - before));
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
