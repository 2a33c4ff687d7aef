/** The meaning of every operation in scalar code, readable as mathematics: the oracle. */
@NullMarked
package io.github.shardsum.internal.interpret;

import org.jspecify.annotations.NullMarked;
