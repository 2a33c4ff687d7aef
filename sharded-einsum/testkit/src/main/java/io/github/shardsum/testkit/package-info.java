/** Generators, a shrinker and checks for code that runs einsums and programs. */
@NullMarked
package io.github.shardsum.testkit;

import org.jspecify.annotations.NullMarked;
