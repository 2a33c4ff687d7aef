package io.github.shardsum.einsum;

/** Rules of binding where NumPy, torch, JAX and TensorFlow differ. */
public enum Strictness {
  /**
   * Three things are allowed. An axis of size 1 broadcasts against a label of another size, as in
   * torch. The axes of an ellipsis are summed if the output lacks the ellipsis. An output label may
   * be repeated; the result is then zero off the diagonal.
   */
  LENIENT,
  /**
   * These three things are errors, as in TensorFlow; the message names the alternative. Axes under
   * an ellipsis still broadcast.
   */
  STRICT
}
