/**
 * Meshes of devices: named axes, coordinates, and the groups along axes.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.mesh;

import org.jspecify.annotations.NullMarked;
