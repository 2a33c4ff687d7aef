/** Readers of settings, names of tensors, and tokenizers. */
@NullMarked
package io.github.shardsum.internal.language;

import org.jspecify.annotations.NullMarked;
