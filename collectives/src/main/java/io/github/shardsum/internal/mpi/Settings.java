package io.github.shardsum.internal.mpi;

import java.time.Duration;

/**
 * How a session behaves.
 *
 * @param deadline the longest a collective may take
 * @param checked whether processes compare their calls before each collective
 * @param longestCount the largest count in one call of MPI; only tests set it below the largest int
 */
record Settings(Duration deadline, boolean checked, long longestCount) {
  Settings(Duration deadline, boolean checked) {
    this(deadline, checked, Integer.MAX_VALUE);
  }
}
