/** What this machine has and can do at most. */
@NullMarked
package io.github.shardsum.cli.machine;

import org.jspecify.annotations.NullMarked;
