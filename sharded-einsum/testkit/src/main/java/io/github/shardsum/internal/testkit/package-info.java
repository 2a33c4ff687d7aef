/** How programs are made and shrunk, and how their errors are bounded. */
@NullMarked
package io.github.shardsum.internal.testkit;

import org.jspecify.annotations.NullMarked;
