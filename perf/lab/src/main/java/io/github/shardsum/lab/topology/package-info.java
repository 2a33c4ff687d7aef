/** Prices of collectives against the GShard paper. */
@NullMarked
package io.github.shardsum.lab.topology;

import org.jspecify.annotations.NullMarked;
