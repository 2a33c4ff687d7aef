package io.github.shardsum.internal.local.run;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * An einsum whose epilogue adds a buffer of the workspace, so each workspace compiles its own.
 *
 * @param options all but the bias
 * @param term labels of the bias
 */
public record BiasedEinsum(
    Equation equation,
    EinsumOptions options,
    List<OperandSpec> specs,
    Term term,
    LocalStorage.Buffer bias) {
  /** Copies the list. */
  public BiasedEinsum {
    specs = List.copyOf(specs);
  }

  public Einsum compile(Tensor buffer) {
    Epilogue with = options.epilogue();
    Epilogue epilogue =
        new Epilogue(with.scale(), Optional.of(new Epilogue.Bias(term, buffer)), with.relu());
    return Einsum.compile(
        equation, options.withEpilogue(epilogue), specs.toArray(OperandSpec[]::new));
  }
}
