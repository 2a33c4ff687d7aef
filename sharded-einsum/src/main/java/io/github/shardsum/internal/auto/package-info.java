/** The search for annotations: a graph of layouts, and plans that decide. */
@NullMarked
package io.github.shardsum.internal.auto;

import org.jspecify.annotations.NullMarked;
