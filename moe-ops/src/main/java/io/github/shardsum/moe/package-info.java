/** The Mixture-of-Experts layer. */
@NullMarked
package io.github.shardsum.moe;

import org.jspecify.annotations.NullMarked;
