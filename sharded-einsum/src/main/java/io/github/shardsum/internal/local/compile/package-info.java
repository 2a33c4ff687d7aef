/**
 * The local backend's compiler: rewrites and fuses a program's operations, and plans their memory.
 */
@NullMarked
package io.github.shardsum.internal.local.compile;

import org.jspecify.annotations.NullMarked;
