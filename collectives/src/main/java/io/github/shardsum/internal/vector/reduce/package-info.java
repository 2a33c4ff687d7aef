/** Reductions in the Vector API; loading a class of this package needs the incubator module. */
@NullMarked
package io.github.shardsum.internal.vector.reduce;

import org.jspecify.annotations.NullMarked;
