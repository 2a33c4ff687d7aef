package io.github.shardsum.cli.moe;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * The piece of a text that is in the layer: its bytes as vectors, the last group padded. Reused.
 */
final class MoeTokenBatch {
  private final MoeJob job;
  private final MoeTextSource text;
  private final MoeByteEmbedding vectors;
  private final byte[] bytes;
  private final float[] rows;
  private final byte[] real;
  private long position;
  private int count;

  MoeTokenBatch(MoeJob job, MoeTextSource text, MoeByteEmbedding vectors) {
    this.job = job;
    this.text = text;
    this.vectors = vectors;
    this.bytes = new byte[job.batchGroups(text.size()) * job.group()];
    this.rows = new float[bytes.length * job.model()];
    this.real = new byte[bytes.length];
  }

  /** Reads the piece that begins at a byte of the text; false if there is none. */
  boolean load(long from, Workers workers) throws IOException {
    position = from;
    count = Math.clamp(text.size() - from, 0, bytes.length);
    if (count == 0) {
      return false;
    }
    text.read(from, bytes, count);
    vectors.write(bytes, count, rows, groups() * job.group(), workers);
    Arrays.fill(real, 0, count, (byte) 1);
    Arrays.fill(real, count, real.length, (byte) 0);
    return true;
  }

  /** The position of the first token in the text, in bytes. */
  long position() {
    return position;
  }

  /** Real tokens, which come first. */
  int count() {
    return count;
  }

  int groups() {
    return Math.ceilDiv(count, job.group());
  }

  /** The tokens, {@code [G, S, M]}. */
  Tensor tokens() {
    long elements = (long) groups() * job.group() * job.model();
    MemorySegment part = MemorySegment.ofArray(rows).asSlice(0, elements * Float.BYTES);
    return Tensor.of(DType.F32, part, groups(), job.group(), job.model());
  }

  /** {@code [G, S]}: which tokens are real; absent if all are. */
  Optional<Tensor> nonPadding() {
    int tokens = groups() * job.group();
    return count == tokens
        ? Optional.empty()
        : Optional.of(Tensor.ofBool(Arrays.copyOf(real, tokens), groups(), job.group()));
  }
}
