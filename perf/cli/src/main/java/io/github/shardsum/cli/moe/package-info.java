/** {@code shardsum moe}: a Mixture-of-Experts layer over bytes, checked and timed. */
@NullMarked
package io.github.shardsum.cli.moe;

import org.jspecify.annotations.NullMarked;
