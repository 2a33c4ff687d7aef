/** {@code shardsum auto}: choices that nobody has to write. */
@NullMarked
package io.github.shardsum.cli.auto;

import org.jspecify.annotations.NullMarked;
