/** Layouts: terms on a mesh, the shards of a layout, and values that are stored as shards. */
@NullMarked
package io.github.shardsum.layout;

import org.jspecify.annotations.NullMarked;
