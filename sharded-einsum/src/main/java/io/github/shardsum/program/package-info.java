/**
 * Programs: operations on labelled values, their text, their gradients and the passes over them.
 *
 * <p>Every operation's knowledge lies in one exhaustive switch a concern: its type in {@code
 * TypeInference}, its text in {@code OperationPrinter} and {@code OperationParser}, its gradient in
 * {@code GradientRules}, its value in the interpreter, its kernel in the local backend.
 */
@NullMarked
package io.github.shardsum.program;

import org.jspecify.annotations.NullMarked;
