package io.github.shardsum.einsum;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Options for the compilation of an einsum; an immutable value whose {@code with} methods return
 * changed copies.
 */
public final class EinsumOptions {

  /** The kernels that run an einsum. */
  public enum KernelChoice {
    /** The fastest kernels of this JVM. */
    BEST,
    /** Plain Java loops, which need no Vector API. */
    SCALAR
  }

  private final Strictness strictness;
  private final Optional<DType> dtype;
  private final PathFinder path;
  private final OptionalLong memoryLimit;
  private final Map<String, Long> sizes;
  private final Epilogue epilogue;
  private final Workers workers;
  private final KernelChoice kernels;
  private final SumOrder sums;

  private EinsumOptions(
      Strictness strictness,
      Optional<DType> dtype,
      PathFinder path,
      OptionalLong memoryLimit,
      Map<String, Long> sizes,
      Epilogue epilogue,
      Workers workers,
      KernelChoice kernels,
      SumOrder sums) {
    Objects.requireNonNull(strictness, "strictness");
    Objects.requireNonNull(dtype, "dtype");
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(memoryLimit, "memoryLimit");
    Objects.requireNonNull(epilogue, "epilogue");
    Objects.requireNonNull(workers, "workers");
    Objects.requireNonNull(kernels, "kernels");
    Objects.requireNonNull(sums, "sums");
    sizes = Map.copyOf(sizes);
    if (memoryLimit.isPresent() && memoryLimit.getAsLong() < Long.BYTES) {
      throw new IllegalArgumentException(
          "memory limit: expected at least 8 bytes, one element, got " + memoryLimit.getAsLong());
    }
    this.strictness = strictness;
    this.dtype = dtype;
    this.path = path;
    this.memoryLimit = memoryLimit;
    this.sizes = sizes;
    this.epilogue = epilogue;
    this.workers = workers;
    this.kernels = kernels;
    this.sums = sums;
  }

  /**
   * The defaults: lenient, the operands' dtype, automatic path, no memory limit, no epilogue, the
   * calling thread.
   *
   * @return these options
   */
  public static EinsumOptions defaults() {
    return new EinsumOptions(
        Strictness.LENIENT,
        Optional.empty(),
        PathFinder.auto(),
        OptionalLong.empty(),
        Map.of(),
        Epilogue.none(),
        Workers.sequential(),
        KernelChoice.BEST,
        SumOrder.FASTEST);
  }

  /**
   * Sets the behaviour where NumPy, torch and TensorFlow differ.
   *
   * @param value lenient, the default, or strict
   * @return a changed copy
   */
  public EinsumOptions withStrictness(Strictness value) {
    return new EinsumOptions(
        value, dtype, path, memoryLimit, sizes, epilogue, workers, kernels, sums);
  }

  /**
   * Sets the result's dtype.
   *
   * <p>Sums are computed in the promoted type of this dtype and the operands, and rounded to this
   * dtype once. An f32 result of f64 operands is an exception: it is not collected in an array of
   * f64. It is therefore also rounded whenever a kernel or a slice adds to it, every few hundred
   * terms. A sum of 100,000 terms of one sign may be off by 2e-6 of itself.
   *
   * @param value the dtype
   * @return a changed copy
   */
  public EinsumOptions withDtype(DType value) {
    return new EinsumOptions(
        strictness,
        Optional.of(Objects.requireNonNull(value, "dtype")),
        path,
        memoryLimit,
        sizes,
        epilogue,
        workers,
        kernels,
        sums);
  }

  /**
   * Sets the finder of the contraction order.
   *
   * @param value a finder, or a given path
   * @return a changed copy
   */
  public EinsumOptions withPath(PathFinder value) {
    return new EinsumOptions(
        strictness, dtype, value, memoryLimit, sizes, epilogue, workers, kernels, sums);
  }

  /**
   * Limits the size of intermediates. If sums are collected before they are rounded to a narrower
   * dtype, their array, of the result's size, does not count.
   *
   * @param bytes the largest number of bytes of one intermediate, at least 8 (one element)
   * @return a changed copy
   * @throws IllegalArgumentException if bytes is below 8
   */
  public EinsumOptions withMemoryLimit(long bytes) {
    return new EinsumOptions(
        strictness, dtype, path, OptionalLong.of(bytes), sizes, epilogue, workers, kernels, sums);
  }

  /**
   * Gives the size of a label that only the output has, or that has size 1 in all operands. A size
   * that does not fit throws an {@link EinsumShapeException} when the equation is compiled.
   *
   * @param label the label
   * @param size its size, at least 0
   * @return a changed copy
   */
  public EinsumOptions withSize(String label, long size) {
    Map<String, Long> more = new HashMap<>(sizes);
    more.put(Objects.requireNonNull(label, "label"), size);
    return withSizes(more);
  }

  /**
   * Gives the sizes of all labels that only the output has, or that have size 1 in all operands. A
   * size that does not fit throws an {@link EinsumShapeException} when the equation is compiled.
   *
   * @param values sizes by label, at least 0
   * @return a changed copy
   */
  public EinsumOptions withSizes(Map<String, Long> values) {
    return new EinsumOptions(
        strictness, dtype, path, memoryLimit, values, epilogue, workers, kernels, sums);
  }

  /**
   * Sets the operations that are fused into the last step.
   *
   * @param value the epilogue
   * @return a changed copy
   */
  public EinsumOptions withEpilogue(Epilogue value) {
    return new EinsumOptions(
        strictness, dtype, path, memoryLimit, sizes, value, workers, kernels, sums);
  }

  /**
   * Sets the threads. Results do not depend on them.
   *
   * @param value the workers; not closed by the einsum
   * @return a changed copy
   */
  public EinsumOptions withWorkers(Workers value) {
    return new EinsumOptions(
        strictness, dtype, path, memoryLimit, sizes, epilogue, value, kernels, sums);
  }

  /**
   * Sets the kernels.
   *
   * @param value the choice
   * @return a changed copy
   */
  public EinsumOptions withKernels(KernelChoice value) {
    return new EinsumOptions(
        strictness, dtype, path, memoryLimit, sizes, epilogue, workers, value, sums);
  }

  /**
   * Sets the order of floating-point sums.
   *
   * <p>Under {@link SumOrder#TREE} a memory limit must not cut a contracted label; otherwise the
   * compilation throws an {@link IllegalArgumentException}.
   *
   * @param value the order
   * @return a changed copy
   */
  public EinsumOptions withSums(SumOrder value) {
    return new EinsumOptions(
        strictness, dtype, path, memoryLimit, sizes, epilogue, workers, kernels, value);
  }

  /** The options of a gradient: with its own sizes, and no epilogue. */
  EinsumOptions forGradient() {
    return withStrictness(Strictness.LENIENT).withSizes(Map.of()).withEpilogue(Epilogue.none());
  }

  /** {@return the behaviour where NumPy, torch and TensorFlow differ} */
  public Strictness strictness() {
    return strictness;
  }

  /** {@return the result's dtype; if empty, the promoted dtype of the operands} */
  public Optional<DType> dtype() {
    return dtype;
  }

  /** {@return the finder of the order of pairwise contractions} */
  public PathFinder path() {
    return path;
  }

  /**
   * {@return the largest number of bytes of one intermediate, if limited; labels are then sliced
   * where needed}
   */
  public OptionalLong memoryLimit() {
    return memoryLimit;
  }

  /** {@return sizes of labels that only the output has} */
  public Map<String, Long> sizes() {
    return sizes;
  }

  /** {@return the operations that are fused into the last step} */
  public Epilogue epilogue() {
    return epilogue;
  }

  /** {@return the threads that run the einsum} */
  public Workers workers() {
    return workers;
  }

  /** {@return the kernels that compute the einsum} */
  public KernelChoice kernels() {
    return kernels;
  }

  /** {@return the order of floating-point sums} */
  public SumOrder sums() {
    return sums;
  }

  private List<Object> values() {
    return List.of(strictness, dtype, path, memoryLimit, sizes, epilogue, workers, kernels, sums);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EinsumOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "EinsumOptions" + values();
  }
}
