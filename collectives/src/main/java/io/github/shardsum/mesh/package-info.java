/** Meshes of devices: named axes, coordinates, and the groups along axes. */
@NullMarked
package io.github.shardsum.mesh;

import org.jspecify.annotations.NullMarked;
