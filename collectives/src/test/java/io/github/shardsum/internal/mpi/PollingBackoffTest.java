package io.github.shardsum.internal.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PollingBackoffTest {
  private static final int LOOKS = 1_000;

  /** A job that has what is in flight for days looks more often than an int counts. */
  @Test
  void oneLookInSixteenIsAtTheClockForEver() {
    PollingBackoff backoff = new PollingBackoff(true, Integer.MAX_VALUE - LOOKS / 2);
    int clocks = 0;
    for (int look = 0; look < LOOKS; look++) {
      backoff.look();
      clocks += backoff.isLong() ? 1 : 0;
    }
    assertEquals(LOOKS / 16.0, clocks, 1);
  }

  @Test
  void whatWaitsForLongLooksAtTheClockToo() {
    PollingBackoff backoff = new PollingBackoff(true, Integer.MAX_VALUE - 8);
    int clocks = 0;
    for (int pause = 0; pause < 32; pause++) {
      backoff.backoff();
      clocks += backoff.isLong() ? 1 : 0;
    }
    assertEquals(2, clocks, 1);
  }
}
