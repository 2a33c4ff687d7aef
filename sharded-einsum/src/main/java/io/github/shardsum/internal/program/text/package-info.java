/** Parsers and printers of programs, operations and attributes. */
@NullMarked
package io.github.shardsum.internal.program.text;

import org.jspecify.annotations.NullMarked;
