package io.github.shardsum.einsum;

/** Rules of binding where NumPy, torch, JAX and TensorFlow differ. */
public enum Strictness {
  /**
   * As in torch, and more: an axis of size 1 broadcasts against a label of another size; the axes
   * of an ellipsis that the output lacks are summed; an output label may be repeated, and the
   * result is then zero off the diagonal.
   */
  LENIENT,
  /**
   * As in TensorFlow: all three are errors that name the alternative. Axes under an ellipsis still
   * broadcast.
   */
  STRICT
}
