/** The commands that make a corpus of translations and report what it has. */
@NullMarked
package io.github.shardsum.cli.corpus;

import org.jspecify.annotations.NullMarked;
