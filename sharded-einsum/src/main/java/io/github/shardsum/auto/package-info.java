/**
 * Finds the annotations of a program for a mesh, with a proven lower bound of the price with any
 * others.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.auto;

import org.jspecify.annotations.NullMarked;
