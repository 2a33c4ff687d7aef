/**
 * Programs on PJRT plugins, behind the interface of all backends.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.pjrt.backend;

import org.jspecify.annotations.NullMarked;
