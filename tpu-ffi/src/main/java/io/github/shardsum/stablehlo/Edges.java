package io.github.shardsum.stablehlo;

import io.github.shardsum.einsum.Term;
import java.util.List;

/**
 * In which layouts values go in and out of a module; an immutable value. One that does not divide
 * its value evenly is given to every device whole, and the value is laid out inside.
 *
 * @param inputs a term an input, with the labels of its type
 * @param outputs a term an output, likewise
 */
public record Edges(List<Term> inputs, List<Term> outputs) {
  /** Copies the lists. */
  public Edges {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
