/** Support for the tests of all modules. */
@NullMarked
package io.github.shardsum.testsupport;

import org.jspecify.annotations.NullMarked;
