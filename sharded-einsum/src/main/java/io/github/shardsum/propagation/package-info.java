/**
 * Completes the layouts of a program from a few annotations, and gives the reason for each layout.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.propagation;

import org.jspecify.annotations.NullMarked;
