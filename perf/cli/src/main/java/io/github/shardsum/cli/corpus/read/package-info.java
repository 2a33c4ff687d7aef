/** Readers of files that hold translations, one for each format. */
@NullMarked
package io.github.shardsum.cli.corpus.read;

import org.jspecify.annotations.NullMarked;
