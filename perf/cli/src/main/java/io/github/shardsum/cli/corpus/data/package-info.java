/** A corpus on the disk: its files, and the manifest with its counts. */
@NullMarked
package io.github.shardsum.cli.corpus.data;

import org.jspecify.annotations.NullMarked;
