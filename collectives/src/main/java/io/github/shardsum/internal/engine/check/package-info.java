/**
 * Checks of the devices' calls of a collective: the rules, aliasing, agreement of all processes.
 */
@NullMarked
package io.github.shardsum.internal.engine.check;

import org.jspecify.annotations.NullMarked;
