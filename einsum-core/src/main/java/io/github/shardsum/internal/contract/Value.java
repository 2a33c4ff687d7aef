package io.github.shardsum.internal.contract;

/**
 * A value with its place.
 *
 * @param ref where it lies when the program runs
 * @param view its labels and strides
 */
record Value(Program.Ref ref, View view) {}
