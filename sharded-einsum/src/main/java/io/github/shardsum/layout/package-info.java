/** Layouts: which label of a value is split over which mesh axes. */
@NullMarked
package io.github.shardsum.layout;

import org.jspecify.annotations.NullMarked;
