/**
 * The host's side of a plugin: loading, deadlines, staging memory, and limits that are checked
 * first.
 */
@NullMarked
package io.github.shardsum.internal.pjrt.host;

import org.jspecify.annotations.NullMarked;
