/**
 * Every operation of programs in scalar code, readable as mathematics: the oracle, with an
 * interpreter, an evaluator for each family ({@code ...Evaluator}), and values read by rows along a
 * label.
 */
@NullMarked
package io.github.shardsum.internal.reference;

import org.jspecify.annotations.NullMarked;
