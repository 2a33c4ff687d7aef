/** The making of a corpus: files are found, their texts aligned, cleaned, split and written. */
@NullMarked
package io.github.shardsum.cli.corpus.make;

import org.jspecify.annotations.NullMarked;
