package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A route's bits, as a checksum: they are the same on every machine, width of vectors and number of
 * threads, with logits that tie, and some that are neighbours.
 */
class RouteBitsTest {
  private static final int GROUPS = 3;
  private static final int TOKENS = 257;
  private static final int EXPERTS = 24;

  private static Tensor logits() {
    Philox philox = new Philox(17);
    float[] values = new float[GROUPS * TOKENS * EXPERTS];
    for (int i = 0; i < values.length; i++) {
      float value = (float) (8 * philox.uniform(i, 1) - 4);
      // A third are rounded to eighths, so that they tie, some of which then differ in the last
      // bit.
      values[i] =
          switch (i % 6) {
            case 0 -> Math.round(8 * value) / 8f;
            case 1 -> Math.nextUp(Math.round(8 * value) / 8f);
            default -> value;
          };
    }
    return Tensor.of(values, GROUPS, TOKENS, EXPERTS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "top1; c68207f8",
        "top2; 272b17b1",
        "top2 second=sample; 978b5c31",
        "top4 normalize=after slots=gate capacity=factor:0.7; 81765026",
        "top4 gates=sigmoid limit=2/8; dcd6680a",
        "top3 slots=priority aux=squared,all; 4ed11460",
        "experts2; abe36ceb"
      })
  void areTheSameEverywhere(String options, String expected) {
    for (int threads = 1; threads <= 2; threads++) {
      try (Workers workers = Workers.of(threads)) {
        Route route =
            Route.of(
                RouteInput.logits(logits()),
                RouteOptions.parse(options),
                Randomness.seeded(5),
                workers);
        CRC32 crc = new CRC32();
        for (long choice : route.choices().toLongArray()) {
          add(crc, choice);
        }
        for (long position : route.combine().positions().toLongArray()) {
          add(crc, position);
        }
        for (double weight : weights(route)) {
          add(crc, Double.doubleToLongBits(weight));
        }
        for (double loss : route.metrics().auxLoss().toDoubleArray()) {
          add(crc, Double.doubleToLongBits(loss));
        }
        add(crc, Double.doubleToLongBits(route.metrics().zLoss().orElse(0)));
        assertEquals(expected, Long.toHexString(crc.getValue()), options);
      }
    }
  }

  private static double[] weights(Route route) {
    return route.combine().weights().convert(DType.F64).toDoubleArray();
  }

  private static void add(CRC32 crc, long bits) {
    crc.update(ByteBuffer.allocate(Long.BYTES).putLong(0, bits));
  }
}
