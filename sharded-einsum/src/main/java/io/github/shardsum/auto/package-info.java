/** Finds the annotations of a program for a mesh, with a proven bound of what others could save. */
@NullMarked
package io.github.shardsum.auto;

import org.jspecify.annotations.NullMarked;
