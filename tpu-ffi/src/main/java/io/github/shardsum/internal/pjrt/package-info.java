/**
 * The lower layer of the PJRT binding: the table, the structs, libc, and nothing that a user sees.
 */
@NullMarked
package io.github.shardsum.internal.pjrt;

import org.jspecify.annotations.NullMarked;
