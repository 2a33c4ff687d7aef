/** Searches for contraction paths, and their costs. */
@NullMarked
package io.github.shardsum.internal.path;

import org.jspecify.annotations.NullMarked;
