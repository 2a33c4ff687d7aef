/** Loops of the Vector API, loaded only where its module is. */
@NullMarked
package io.github.shardsum.measure.vector;

import org.jspecify.annotations.NullMarked;
