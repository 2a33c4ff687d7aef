/** {@code shardsum topology}: networks, what collectives cost on them, and the paper's figure 9. */
@NullMarked
package io.github.shardsum.cli.topology;

import org.jspecify.annotations.NullMarked;
