/** The commands {@code train} and {@code translate}, their data, tokenizer, scores and report. */
@NullMarked
package io.github.shardsum.cli.train;

import org.jspecify.annotations.NullMarked;
