/** What a client's programs and buffers are made by: checks, transfers, launches, compilations. */
@NullMarked
package io.github.shardsum.internal.pjrt.client;

import org.jspecify.annotations.NullMarked;
