/**
 * A client's calls, such as create, compile, execute and transfer, with the checks and the memory
 * of each; devices of programs, serialized programs, the key-value store in memory; limits of
 * plugins.
 */
@NullMarked
package io.github.shardsum.internal.pjrt.client;

import org.jspecify.annotations.NullMarked;
