/** The gradient of each operation. */
@NullMarked
package io.github.shardsum.internal.program.gradient;

import org.jspecify.annotations.NullMarked;
