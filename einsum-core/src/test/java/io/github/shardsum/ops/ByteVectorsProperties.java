package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Products of bytes against plain loops. */
class ByteVectorsProperties {
  private static byte[] bytes(Random random, int n) {
    byte[] bytes = new byte[n];
    random.nextBytes(bytes);
    // The extremes, of which two products do not fit into 16 bits.
    if (random.nextBoolean()) {
      for (int i = 0; i < n; i++) {
        bytes[i] = random.nextInt(3) == 0 ? bytes[i] : bytes[i] < 20 ? Byte.MIN_VALUE : 127;
      }
    }
    return bytes;
  }

  private static int[] loops(byte[] x, int n, byte[] y, int q, int d) {
    int[] scores = new int[n * q];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < q; j++) {
        for (int k = 0; k < d; k++) {
          scores[i * q + j] += x[i * d + k] * y[j * d + k];
        }
      }
    }
    return scores;
  }

  @Property
  void productsAreThoseOfLoops(@ForAll long seed) {
    Random random = new Random(seed);
    int d = random.nextBoolean() ? random.nextInt(5) * 32 : random.nextInt(300);
    int n = random.nextInt(14);
    int q = random.nextInt(4);
    byte[] x = bytes(random, n * d);
    byte[] y = bytes(random, q * d);
    int[] scores = new int[n * q];
    Arrays.fill(scores, 7);
    ByteVectors.of(x, n, d).dot(ByteVectors.of(y, q, d), MemorySegment.ofArray(scores));
    assertArrayEquals(loops(x, n, y, q, d), scores, () -> n + " " + q + " " + d);
  }

  /** Bytes in a part of an array, in an array that may not be written, of shorts, and outside. */
  private static MemorySegment held(Random random, byte[] bytes) {
    MemorySegment memory =
        switch (random.nextInt(4)) {
          case 0 -> MemorySegment.ofArray(new byte[bytes.length + 9]).asSlice(7, bytes.length);
          case 1 -> MemorySegment.ofArray(bytes.clone());
          case 2 -> MemorySegment.ofArray(new short[bytes.length / 2 + 1]).asSlice(0, bytes.length);
          default -> Arena.ofAuto().allocate(bytes.length + 3L).asSlice(3);
        };
    memory.copyFrom(MemorySegment.ofArray(bytes));
    return random.nextInt(4) == 0 ? memory.asReadOnly() : memory;
  }

  @Property
  void productsInMemoryOfAnyKindAreThoseOfLoops(@ForAll long seed) {
    Random random = new Random(seed);
    int d = 1 + random.nextInt(300);
    int n = 1 + random.nextInt(2000 / d + 9);
    int q = 1 + random.nextInt(3);
    byte[] x = bytes(random, n * d);
    byte[] y = bytes(random, q * d);
    int[] scores = new int[n * q];
    ByteVectors.of(held(random, x), n, d)
        .dot(ByteVectors.of(held(random, y), q, d), MemorySegment.ofArray(scores));
    assertArrayEquals(loops(x, n, y, q, d), scores, () -> n + " " + q + " " + d);
  }

  /** Many rows and many queries, of more terms than f32 sums exactly at once. */
  @Property
  void productsOfManyQueriesAreThoseOfLoops(@ForAll long seed) {
    Random random = new Random(seed);
    int d = random.nextInt(8) == 0 ? 1000 + random.nextInt(1200) : 1 + random.nextInt(150);
    int n = 8 + random.nextInt(40);
    int q = 8 + random.nextInt(70);
    byte[] x = bytes(random, n * d);
    byte[] y = bytes(random, q * d);
    MemorySegment scores = Arena.ofAuto().allocate(4L * n * q + 1).asSlice(1).fill((byte) 7);
    MemorySegment vectors = Arena.ofAuto().allocate(x.length + 1).asSlice(1);
    vectors.copyFrom(MemorySegment.ofArray(x));
    ByteVectors.of(vectors, n, d).dot(ByteVectors.of(y, q, d), scores);
    int[] actual = scores.toArray(ValueLayout.JAVA_INT_UNALIGNED);
    assertArrayEquals(loops(x, n, y, q, d), actual, () -> n + " " + q + " " + d);
  }

  /** The largest sums of either sign: 2^24 of 1024 terms is the last that f32 holds. */
  @Test
  void manyQueriesOfExtremesAreExact() {
    int d = 5000;
    byte[] x = new byte[40 * d];
    byte[] y = new byte[40 * d];
    Arrays.fill(x, Byte.MIN_VALUE);
    Arrays.fill(y, 0, 20 * d, Byte.MIN_VALUE);
    Arrays.fill(y, 20 * d, 40 * d, Byte.MAX_VALUE);
    int[] scores = new int[40 * 40];
    ByteVectors.of(x, 40, d).dot(ByteVectors.of(y, 40, d), MemorySegment.ofArray(scores));
    for (int i = 0; i < scores.length; i++) {
      assertEquals(i % 40 < 20 ? 128 * 128 * d : -128 * 127 * d, scores[i]);
    }
  }

  @Test
  void memoryOfAnyKindAndAlignmentWillDo() {
    Random random = new Random(3);
    byte[] x = bytes(random, 9 * 200);
    byte[] y = bytes(random, 2 * 200);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment vectors =
          arena.allocate(x.length + 1).asSlice(1).copyFrom(MemorySegment.ofArray(x));
      MemorySegment scores = arena.allocate(9 * 2 * 4 + 1).asSlice(1);
      ByteVectors documents = ByteVectors.of(vectors, 9, 200);
      documents.dot(ByteVectors.of(y, 2, 200), scores);
      assertArrayEquals(loops(x, 9, y, 2, 200), scores.toArray(ValueLayout.JAVA_INT_UNALIGNED));
    }
  }

  /** Of long vectors four are a block, which meets all queries before the next. */
  @Test
  void blocksMeetEveryQuery() {
    Random random = new Random(4);
    int d = 100_000;
    byte[] x = bytes(random, 9 * d);
    byte[] y = bytes(random, 2 * d);
    int[] scores = new int[9 * 2];
    ByteVectors.of(x, 9, d).dot(ByteVectors.of(y, 2, d), MemorySegment.ofArray(scores));
    assertArrayEquals(loops(x, 9, y, 2, d), scores);
  }

  /** Each of the vectors, the queries and the scores in memory that cannot be reached. */
  private static void isRefused(Class<? extends Exception> kind, MemorySegment memory) {
    MemorySegment other = MemorySegment.ofArray(new byte[12]);
    MemorySegment scores = MemorySegment.ofArray(new int[3]);
    ByteVectors three = ByteVectors.of(other, 3, 4);
    ByteVectors one = ByteVectors.of(other.asSlice(0, 4), 1, 4);
    assertThrows(kind, () -> ByteVectors.of(memory, 3, 4).dot(one, scores));
    assertThrows(kind, () -> three.dot(ByteVectors.of(memory.asSlice(0, 4), 1, 4), scores));
    assertThrows(kind, () -> three.dot(one, memory));
  }

  @Test
  void closedMemoryIsRefused() {
    MemorySegment closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = arena.allocate(12);
    }
    isRefused(IllegalStateException.class, closed);
  }

  @Test
  void memoryOfAnotherThreadIsRefused() throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment confined = arena.allocate(12);
      CompletableFuture.runAsync(() -> isRefused(WrongThreadException.class, confined)).get();
    }
  }

  @Test
  void longVectorsOfExtremesAreExact() {
    int d = 131_071;
    byte[] least = new byte[d];
    Arrays.fill(least, Byte.MIN_VALUE);
    int[] scores = new int[1];
    ByteVectors one = ByteVectors.of(least, 1, d);
    one.dot(one, MemorySegment.ofArray(scores));
    assertEquals(16_384 * 131_071, scores[0]);
  }

  @Test
  void wrongArgumentsAreSaid() {
    ByteVectors vectors = ByteVectors.of(new byte[12], 4, 3);
    assertEquals("4 vectors of 3 bytes", vectors.toString());
    Oracles.refused(
        "byte vectors: expected count * dimensions bytes, got 4 * 4 and 12",
        () -> ByteVectors.of(new byte[12], 4, 4));
    Oracles.refused(
        "byte vectors: expected count * dimensions bytes, got -4 * -3",
        () -> ByteVectors.of(new byte[12], -4, -3));
    MemorySegment scores = MemorySegment.ofArray(new int[4]);
    Oracles.refused(
        "byte vectors: expected queries of 3 dimensions, got 4",
        () -> vectors.dot(ByteVectors.of(new byte[4], 1, 4), scores));
    ByteVectors query = ByteVectors.of(new byte[3], 1, 3);
    Oracles.refused(
        "byte vectors: expected writable scores of 4 * 1 i32, got read-only ones of 16 bytes",
        () -> vectors.dot(query, scores.asReadOnly()));
    Oracles.refused(
        "byte vectors: expected writable scores of 4 * 1 i32, got 12 bytes",
        () -> vectors.dot(query, scores.asSlice(4)));
    MemorySegment shared = Arena.ofAuto().allocate(28);
    ByteVectors inside = ByteVectors.of(shared.asSlice(0, 12), 4, 3);
    Oracles.refused(
        "byte vectors: expected scores that share no memory",
        () -> inside.dot(query, shared.asSlice(11, 16)));
  }
}
