/**
 * Finds the annotations of a program for a mesh, with a proven lower bound of the price with any
 * others.
 */
@NullMarked
package io.github.shardsum.auto;

import org.jspecify.annotations.NullMarked;
