/** What is shared inside einsum-core and may change at any time. */
@NullMarked
package io.github.shardsum.internal;

import org.jspecify.annotations.NullMarked;
