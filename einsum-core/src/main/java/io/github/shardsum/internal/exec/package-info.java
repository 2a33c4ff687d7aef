/** Threads behind Workers. */
@NullMarked
package io.github.shardsum.internal.exec;

import org.jspecify.annotations.NullMarked;
