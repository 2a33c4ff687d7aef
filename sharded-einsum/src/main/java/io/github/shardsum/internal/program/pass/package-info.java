/** Programs made of programs: operands replaced, statements copied. */
@NullMarked
package io.github.shardsum.internal.program.pass;

import org.jspecify.annotations.NullMarked;
