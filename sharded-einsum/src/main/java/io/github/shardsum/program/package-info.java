/**
 * Programs: operations on labelled values, their text, their gradients and the passes over them.
 *
 * <p>Operations are records without behaviour. Each concern has one exhaustive switch over them, so
 * that a new operation does not compile until each switch has a case for it: types ({@code
 * types.TypeInference}), text ({@code text.OperationPrinter}; {@code OperationParser} is its
 * inverse), replacement of operands ({@code pass.OperandSubstitution}), gradients ({@code
 * gradient.GradientRules}), values ({@code internal.reference}) and kernels ({@code
 * internal.local}).
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.program;

import org.jspecify.annotations.NullMarked;
