/** {@code shardsum run}, {@code gradient} and {@code explain}: programs as text. */
@NullMarked
package io.github.shardsum.cli.program;

import org.jspecify.annotations.NullMarked;
