/** Literal definitions, slow and readable, which every kernel is compared with. */
@NullMarked
package io.github.shardsum.internal.reference;

import org.jspecify.annotations.NullMarked;
