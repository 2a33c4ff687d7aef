/**
 * Linear algebra by EJML: the same memory as one of its matrices or as a tensor, and its
 * decompositions over all matrices of a tensor.
 */
@NullMarked
package io.github.shardsum.ejml;

import org.jspecify.annotations.NullMarked;
