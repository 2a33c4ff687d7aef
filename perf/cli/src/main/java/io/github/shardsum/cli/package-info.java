/** The shardsum command line. */
@NullMarked
package io.github.shardsum.cli;

import org.jspecify.annotations.NullMarked;
