/**
 * Types of results ({@code ...Types}), labels and identifiers, members of manual regions, variance.
 */
@NullMarked
package io.github.shardsum.internal.program.types;

import org.jspecify.annotations.NullMarked;
