/** What is shared inside einsum-core and promised to nobody. */
@NullMarked
package io.github.shardsum.internal;

import org.jspecify.annotations.NullMarked;
