/** The text of programs and its parser. */
@NullMarked
package io.github.shardsum.internal.program.text;

import org.jspecify.annotations.NullMarked;
