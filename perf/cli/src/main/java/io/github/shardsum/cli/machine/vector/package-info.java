/** Loops of the Vector API, loaded only where its module is. */
@NullMarked
package io.github.shardsum.cli.machine.vector;

import org.jspecify.annotations.NullMarked;
