/**
 * Sentence pairs, their parts for training and validation, the tokenizer, and batches of examples.
 */
@NullMarked
package io.github.shardsum.cli.train.data;

import org.jspecify.annotations.NullMarked;
