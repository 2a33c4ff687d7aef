/** Code that several commands share: options, files, progress, tensors as text. */
@NullMarked
package io.github.shardsum.cli.common;

import org.jspecify.annotations.NullMarked;
