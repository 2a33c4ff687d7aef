package io.github.shardsum.internal.contraction;

/**
 * A value with its place.
 *
 * @param ref where it is stored when the program runs
 * @param view its labels and strides
 */
record Value(ContractionProgram.Ref ref, View view) {}
