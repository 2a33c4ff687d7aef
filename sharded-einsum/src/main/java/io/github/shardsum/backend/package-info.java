/** Backends, which compile a program and run it on tensors. */
@NullMarked
package io.github.shardsum.backend;

import org.jspecify.annotations.NullMarked;
