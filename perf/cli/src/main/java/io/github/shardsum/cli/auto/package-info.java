/**
 * {@code shardsum auto}: annotations of a program, and strategies of a graph, that a search finds.
 */
@NullMarked
package io.github.shardsum.cli.auto;

import org.jspecify.annotations.NullMarked;
