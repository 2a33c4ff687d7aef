/** The fixed point over factors: reads sharding rules and never an operation. */
@NullMarked
package io.github.shardsum.internal.propagate;

import org.jspecify.annotations.NullMarked;
