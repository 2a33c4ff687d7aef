/** What this machine has and can do at most. */
@NullMarked
package io.github.shardsum.measure;

import org.jspecify.annotations.NullMarked;
