/** Bytes between devices and processes: blocks, box copies, the reduction tree, transports. */
@NullMarked
package io.github.shardsum.internal.engine.transfer;

import org.jspecify.annotations.NullMarked;
