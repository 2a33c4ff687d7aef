/** Layers of the Transformer in a program builder. */
@NullMarked
package io.github.shardsum.internal.moe.model;

import org.jspecify.annotations.NullMarked;
