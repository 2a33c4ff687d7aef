/** Backends: what compiles a program and runs it on tensors. */
@NullMarked
package io.github.shardsum.backend;

import org.jspecify.annotations.NullMarked;
