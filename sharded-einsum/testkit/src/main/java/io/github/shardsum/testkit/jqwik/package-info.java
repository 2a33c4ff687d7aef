/**
 * Generators of the test kit as arbitraries of jqwik.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.testkit.jqwik;

import org.jspecify.annotations.NullMarked;
