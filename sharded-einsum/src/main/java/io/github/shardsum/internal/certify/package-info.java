/**
 * The checker of plans: it replays a plan on symbolic shards, for every device, and shares no code
 * with planner, propagation and layouts' own index arithmetic.
 */
@NullMarked
package io.github.shardsum.internal.certify;

import org.jspecify.annotations.NullMarked;
