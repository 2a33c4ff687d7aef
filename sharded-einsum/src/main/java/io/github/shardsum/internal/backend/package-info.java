/** Checks of arguments and names before an executable runs. */
@NullMarked
package io.github.shardsum.internal.backend;

import org.jspecify.annotations.NullMarked;
