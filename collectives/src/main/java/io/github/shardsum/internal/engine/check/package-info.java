/**
 * Checks of what devices bring to a collective: the rules, aliasing, agreement of all processes.
 */
@NullMarked
package io.github.shardsum.internal.engine.check;

import org.jspecify.annotations.NullMarked;
