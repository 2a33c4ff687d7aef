/** The solver of assignments: reduction, bound and search. */
@NullMarked
package io.github.shardsum.internal.assign;

import org.jspecify.annotations.NullMarked;
