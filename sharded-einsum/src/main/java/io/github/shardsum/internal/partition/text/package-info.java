/** SPMD plans as text, JSON and pages, with the figures of their steps. */
@NullMarked
package io.github.shardsum.internal.partition.text;

import org.jspecify.annotations.NullMarked;
