/**
 * Mixture of Experts: routes of tokens to experts, and the layer as a program.
 *
 * <p>Letters in shapes are the paper's: G groups, S tokens in a group, E experts, C slots of an
 * expert in a group, M the width of a token, H the width inside an expert, K choices of a token.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.moe;

import org.jspecify.annotations.NullMarked;
