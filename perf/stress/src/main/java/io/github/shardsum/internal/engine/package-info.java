/** Stress of the rendezvous, in its package to reach it. */
@NullMarked
package io.github.shardsum.internal.engine;

import org.jspecify.annotations.NullMarked;
