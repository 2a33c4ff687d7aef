/** Evaluates every operation in scalar code, readable as mathematics: the oracle. */
@NullMarked
package io.github.shardsum.internal.reference;

import org.jspecify.annotations.NullMarked;
