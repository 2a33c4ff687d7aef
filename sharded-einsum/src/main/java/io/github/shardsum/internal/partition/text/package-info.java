/**
 * Plans as tables, JSON, timelines and pages ({@code Plan...}): writers, readers, figures of steps,
 * the certificate as text, and remarks, such as devices that have no work or a lower bound of what
 * they receive.
 */
@NullMarked
package io.github.shardsum.internal.partition.text;

import org.jspecify.annotations.NullMarked;
