/**
 * Generators, a shrinker and checks for code that runs einsums and programs.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.testkit;

import org.jspecify.annotations.NullMarked;
