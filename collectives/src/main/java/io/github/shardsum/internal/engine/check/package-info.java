/**
 * Checks of each device's call and operands: rules, aliasing, agreement of all participants,
 * reports of mismatches.
 */
@NullMarked
package io.github.shardsum.internal.engine.check;

import org.jspecify.annotations.NullMarked;
