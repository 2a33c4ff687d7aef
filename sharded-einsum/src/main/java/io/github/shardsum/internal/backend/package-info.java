/** Checks that executables share: arguments and bindings of tensors to names, kernels as code. */
@NullMarked
package io.github.shardsum.internal.backend;

import org.jspecify.annotations.NullMarked;
