/** The composite of attention, its gradient and their decompositions. */
@NullMarked
package io.github.shardsum.internal.program.attention;

import org.jspecify.annotations.NullMarked;
