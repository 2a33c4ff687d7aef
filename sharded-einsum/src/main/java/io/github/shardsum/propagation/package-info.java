/**
 * Completes the layouts of a program from a few annotations, and says why each value got its own.
 */
@NullMarked
package io.github.shardsum.propagation;

import org.jspecify.annotations.NullMarked;
