/** Types of the results of each operation. */
@NullMarked
package io.github.shardsum.internal.program.types;

import org.jspecify.annotations.NullMarked;
