/**
 * Raw memory of tensors: elements by dtype, nests of loops over strided arrays, strided and
 * transposing copies, rows of a table.
 */
@NullMarked
package io.github.shardsum.internal.memory;

import org.jspecify.annotations.NullMarked;
