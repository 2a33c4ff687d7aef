/** Layouts: terms on a mesh, the shards that they give, and values stored so. */
@NullMarked
package io.github.shardsum.layout;

import org.jspecify.annotations.NullMarked;
