/** The engine that runs collectives and plans in supersteps, over any transport. */
@NullMarked
package io.github.shardsum.internal.engine;

import org.jspecify.annotations.NullMarked;
