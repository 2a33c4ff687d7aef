/**
 * Views, overlap of tensors, Python's notation of slices, text of tensors, arrays under a segment.
 */
@NullMarked
package io.github.shardsum.internal.tensor;

import org.jspecify.annotations.NullMarked;
