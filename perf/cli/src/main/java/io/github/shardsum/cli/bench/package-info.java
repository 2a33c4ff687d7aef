/** Einsums timed against peers and the machine's limits. */
@NullMarked
package io.github.shardsum.cli.bench;

import org.jspecify.annotations.NullMarked;
