/**
 * The peers of {@code bench}: native libraries, Java libraries and Python processes that run the
 * same einsums, and C of the same loops.
 */
@NullMarked
package io.github.shardsum.cli.bench.peer;

import org.jspecify.annotations.NullMarked;
