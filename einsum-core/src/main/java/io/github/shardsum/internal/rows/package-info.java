/** Operations on tensors that go row by row: operands are staged, threads share out the rows. */
@NullMarked
package io.github.shardsum.internal.rows;

import org.jspecify.annotations.NullMarked;
