/**
 * The Transformer of the GShard paper (arXiv 2006.16668, section 2), encoder and decoder with
 * experts in every other layer, as programs; and decoding with a cache.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.moe.model;

import org.jspecify.annotations.NullMarked;
