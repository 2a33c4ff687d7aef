/** The {@code shardsum tpu} commands. */
@NullMarked
package io.github.shardsum.cli.tpu;

import org.jspecify.annotations.NullMarked;
