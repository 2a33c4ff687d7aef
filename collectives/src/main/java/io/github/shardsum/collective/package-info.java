/** Collectives over a mesh of devices. */
@NullMarked
package io.github.shardsum.collective;

import org.jspecify.annotations.NullMarked;
