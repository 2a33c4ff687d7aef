/** Pictures of meshes. */
@NullMarked
package io.github.shardsum.internal.mesh;

import org.jspecify.annotations.NullMarked;
