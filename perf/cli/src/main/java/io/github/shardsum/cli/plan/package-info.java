/** Plans of sharded einsums and reshards, explained, run and compared. */
@NullMarked
package io.github.shardsum.cli.plan;

import org.jspecify.annotations.NullMarked;
