/**
 * What both engines share: packing, the tree, the check, the rendezvous; and what they stand on.
 */
@NullMarked
package io.github.shardsum.internal.engine;

import org.jspecify.annotations.NullMarked;
