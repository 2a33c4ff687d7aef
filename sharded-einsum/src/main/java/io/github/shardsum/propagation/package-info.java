/**
 * Completes the layouts of a program from a few annotations, and gives the reason for each layout.
 */
@NullMarked
package io.github.shardsum.propagation;

import org.jspecify.annotations.NullMarked;
