/** Predictions of steps against measured steps and against the figures of the GShard paper. */
@NullMarked
package io.github.shardsum.lab.simulate;

import org.jspecify.annotations.NullMarked;
