/** Reductions along a tree: the order in which terms are combined, and the loops that do it. */
@NullMarked
package io.github.shardsum.internal.reduce;

import org.jspecify.annotations.NullMarked;
