/**
 * Products of ragged groups of rows, which may be gathered while they are read. Parts of
 * handwritten layers: rows of a matrix, functions of rows and arithmetic on rows.
 */
@NullMarked
package io.github.shardsum.grouped;

import org.jspecify.annotations.NullMarked;
