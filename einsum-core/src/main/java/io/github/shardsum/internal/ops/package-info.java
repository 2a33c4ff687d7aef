/**
 * The common parts of operations: checks of operands, functions and tests of two or three elements
 * in each type, loops along an axis or over several, filled tensors, the default threads.
 */
@NullMarked
package io.github.shardsum.internal.ops;

import org.jspecify.annotations.NullMarked;
