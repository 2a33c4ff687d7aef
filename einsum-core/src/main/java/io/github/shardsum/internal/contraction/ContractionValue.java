package io.github.shardsum.internal.contraction;

/**
 * A value with its storage.
 *
 * @param ref its storage while the program runs
 * @param view its labels and strides
 */
record ContractionValue(ContractionProgram.Ref ref, ContractionView view) {}
