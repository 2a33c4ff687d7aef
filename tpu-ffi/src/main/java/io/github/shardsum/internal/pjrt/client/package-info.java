/** Creation of a client's programs and buffers: checks, transfers, launches, compilations. */
@NullMarked
package io.github.shardsum.internal.pjrt.client;

import org.jspecify.annotations.NullMarked;
