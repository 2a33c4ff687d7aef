/** Reductions along a tree: the order of the terms, and the loops that combine them. */
@NullMarked
package io.github.shardsum.internal.reduce;

import org.jspecify.annotations.NullMarked;
