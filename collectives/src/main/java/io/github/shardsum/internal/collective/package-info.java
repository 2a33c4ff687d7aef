/** Checks that all collectives share, and the search for the configured engine. */
@NullMarked
package io.github.shardsum.internal.collective;

import org.jspecify.annotations.NullMarked;
