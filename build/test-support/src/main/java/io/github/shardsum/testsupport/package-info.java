/** What the tests of every module share. */
@NullMarked
package io.github.shardsum.testsupport;

import org.jspecify.annotations.NullMarked;
