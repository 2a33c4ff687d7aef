/**
 * Products of ragged groups of rows, gathered as they are read, and the parts of hand-written
 * layers: rows of a matrix, functions of rows and arithmetic on rows.
 */
@NullMarked
package io.github.shardsum.grouped;

import org.jspecify.annotations.NullMarked;
