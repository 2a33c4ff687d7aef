/**
 * Linear algebra by EJML: tensors and EJML's matrices over the same memory, and EJML's
 * decompositions for all matrices of a tensor.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.ejml;

import org.jspecify.annotations.NullMarked;
