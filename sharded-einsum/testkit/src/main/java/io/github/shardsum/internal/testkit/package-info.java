/**
 * Generators of programs, edits that shrink a failing program, and bounds of a program's errors.
 */
@NullMarked
package io.github.shardsum.internal.testkit;

import org.jspecify.annotations.NullMarked;
