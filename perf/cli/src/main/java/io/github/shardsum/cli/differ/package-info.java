/** {@code shardsum differ}: random sharded programs on a plugin and on our engine. */
@NullMarked
package io.github.shardsum.cli.differ;

import org.jspecify.annotations.NullMarked;
