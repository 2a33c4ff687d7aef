/**
 * Layouts: terms on a mesh, the shards of a layout, and values that are stored as shards.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.layout;

import org.jspecify.annotations.NullMarked;
