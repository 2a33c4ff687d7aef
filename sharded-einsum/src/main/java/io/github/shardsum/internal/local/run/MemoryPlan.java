package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The places of buffers in the memory of a run.
 *
 * @param buffers the buffers with their offsets
 * @param elements the elements of all buffers of each dtype together
 */
public record MemoryPlan(List<BufferInfo> buffers, Map<DType, Long> elements) {
  /** Copies list and map. */
  public MemoryPlan {
    buffers = List.copyOf(buffers);
    elements = Map.copyOf(elements);
  }

  /** Bytes of all dtypes together. */
  public long bytes() {
    long bytes = 0;
    for (Map.Entry<DType, Long> each : elements.entrySet()) {
      bytes += each.getValue() * each.getKey().byteSize();
    }
    return bytes;
  }

  /** For each of a number of steps, the bytes of the buffers that are needed during the step. */
  long[] liveBytes(int steps) {
    long[] changes = new long[steps + 1];
    for (BufferInfo buffer : buffers) {
      if (buffer.from() < steps && buffer.from() <= buffer.to()) {
        changes[Math.max(0, buffer.from())] += buffer.bytes();
        changes[Math.min(steps, buffer.to() + 1)] -= buffer.bytes();
      }
    }
    Arrays.parallelPrefix(changes, Long::sum);
    return Arrays.copyOf(changes, steps);
  }
}
