/** Scores of translations and the baselines that they are compared with. */
@NullMarked
package io.github.shardsum.cli.train.score;

import org.jspecify.annotations.NullMarked;
