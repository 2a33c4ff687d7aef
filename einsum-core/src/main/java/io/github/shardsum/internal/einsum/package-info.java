/** The compiler of einsums: parser, printer, binder, planning of paths, the cache of plans. */
@NullMarked
package io.github.shardsum.internal.einsum;

import org.jspecify.annotations.NullMarked;
