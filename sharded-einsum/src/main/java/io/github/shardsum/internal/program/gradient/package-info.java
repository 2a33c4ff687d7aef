/** The gradient of each operation ({@code ...Gradient}), and differentiation of a program. */
@NullMarked
package io.github.shardsum.internal.program.gradient;

import org.jspecify.annotations.NullMarked;
