/**
 * Rewrites from a program to a program: annotations in and out, decomposition, pairs of einsums,
 * rematerialization, simplification, unrolling; the editor and the names of values that they use.
 */
@NullMarked
package io.github.shardsum.internal.program.pass;

import org.jspecify.annotations.NullMarked;
