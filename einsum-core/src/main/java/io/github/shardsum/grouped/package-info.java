/**
 * Products of ragged groups of rows, which may be gathered while they are read. Parts of
 * handwritten layers: rows of a matrix, functions of rows and arithmetic on rows.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.grouped;

import org.jspecify.annotations.NullMarked;
