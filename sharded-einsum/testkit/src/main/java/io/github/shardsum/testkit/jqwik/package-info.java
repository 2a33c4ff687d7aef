/** Generators of the test kit as arbitraries of jqwik. */
@NullMarked
package io.github.shardsum.testkit.jqwik;

import org.jspecify.annotations.NullMarked;
