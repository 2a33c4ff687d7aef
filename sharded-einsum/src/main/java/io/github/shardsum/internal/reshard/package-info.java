/** The cheapest way from one layout to another. */
@NullMarked
package io.github.shardsum.internal.reshard;

import org.jspecify.annotations.NullMarked;
