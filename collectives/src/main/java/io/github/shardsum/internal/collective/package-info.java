/** Checks of calls and engines behind collectives. */
@NullMarked
package io.github.shardsum.internal.collective;

import org.jspecify.annotations.NullMarked;
