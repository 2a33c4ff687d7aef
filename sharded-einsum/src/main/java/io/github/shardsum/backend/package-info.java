/**
 * Backends, which compile a program and run it on tensors.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.backend;

import org.jspecify.annotations.NullMarked;
