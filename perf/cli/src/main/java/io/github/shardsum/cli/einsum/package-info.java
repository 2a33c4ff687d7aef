/** {@code shardsum einsum}: one einsum on files, or a job a line. */
@NullMarked
package io.github.shardsum.cli.einsum;

import org.jspecify.annotations.NullMarked;
