/** Composites of routes and experts, their decompositions, and the layer made of them. */
@NullMarked
package io.github.shardsum.internal.moe.decomposition;

import org.jspecify.annotations.NullMarked;
