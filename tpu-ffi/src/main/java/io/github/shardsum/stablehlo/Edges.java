package io.github.shardsum.stablehlo;

import io.github.shardsum.einsum.Term;
import java.util.List;

/**
 * The layouts of the inputs and outputs of a module; an immutable value. If a layout does not
 * divide its value evenly, every device gets the whole value, and the module moves it to the
 * layout.
 *
 * @param inputs one term for each input, with the labels of the input's type
 * @param outputs one term for each output
 */
public record Edges(List<Term> inputs, List<Term> outputs) {
  /** Copies the lists. */
  public Edges {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
