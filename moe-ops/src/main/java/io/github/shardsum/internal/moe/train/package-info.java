/** The state of a training, whole or on the devices of a mesh. */
@NullMarked
package io.github.shardsum.internal.moe.train;

import org.jspecify.annotations.NullMarked;
