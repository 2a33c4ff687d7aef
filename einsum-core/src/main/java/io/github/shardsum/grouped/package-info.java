/**
 * Products of ragged groups of rows, gathered as they are read, and what layers by hand are made
 * of: rows of a matrix, functions of rows and arithmetic on them.
 */
@NullMarked
package io.github.shardsum.grouped;

import org.jspecify.annotations.NullMarked;
