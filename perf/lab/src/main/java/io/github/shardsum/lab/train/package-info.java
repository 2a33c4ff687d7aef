/** Baselines of translation, which learn from the pairs of a training. */
@NullMarked
package io.github.shardsum.lab.train;

import org.jspecify.annotations.NullMarked;
