package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A product whose terms are leaves of given lengths, more terms than one pass of a packed kernel
 * takes: subtrees that take one pass, and longer leaves, are computed one after the other and added
 * up. Every element of the result is written once.
 */
final class LeafTree implements StepKernel {
  /** A subtree. */
  private sealed interface Node permits Rows, Sum {}

  /** A subtree that one kernel computes, from a term on. */
  private record Rows(StepKernel kernel, long from) implements Node {}

  /** The sum of two subtrees. */
  private record Sum(Node left, Node right) implements Node {}

  private final ComputeType type;
  private final StepKernels make;
  private final StepLabel terms;
  private final int elements;
  private final List<StepLabel> dense = new ArrayList<>();
  private final StepKernel copy;
  private final Node root;

  /**
   * A product.
   *
   * @param sides its labels; one of them is contracted
   * @param sizes terms of each leaf, some above 0; their sum is the size of the contracted label
   */
  LeafTree(ComputeType type, StepKernels make, GemmLabels sides, int... sizes) {
    this.type = type;
    this.make = make;
    this.terms = sides.k().getFirst();
    List<StepLabel> copied = new ArrayList<>();
    long stride = 1;
    for (StepLabel label : sides.kept().reversed()) {
      long[] sums = label.strides().clone();
      sums[OUT] = stride;
      sums[BIAS] = 0;
      long[] out = {label.stride(OUT), stride, stride, label.stride(BIAS)};
      dense.addFirst(new StepLabel(label.size(), true, label.inLeft(), label.inRight(), sums));
      copied.addFirst(new StepLabel(label.size(), true, true, true, out));
      stride *= label.size();
    }
    this.elements = Math.toIntExact(stride);
    this.copy = make.elementwise(copied, false);
    this.root = node(sizes, 0).orElseThrow();
  }

  /** The tree over leaves, from a term on; none if they have no terms. */
  private Optional<Node> node(int[] sizes, long from) {
    long total = Arrays.stream(sizes).asLongStream().sum();
    if (total == 0) {
      return Optional.empty();
    }
    if (sizes.length == 1 || total <= make.mostTerms()) {
      List<StepLabel> labels = new ArrayList<>(dense);
      labels.add(new StepLabel(total, false, true, true, terms.strides()));
      GemmLabels part = GemmLabels.of(labels, false);
      return Optional.of(new Rows(make.packedInOrder(part, Leaves.of(sizes)), from));
    }
    int half = Integer.highestOneBit(sizes.length - 1);
    int[] first = Arrays.copyOf(sizes, half);
    Optional<Node> left = node(first, from);
    long middle = from + Arrays.stream(first).asLongStream().sum();
    Optional<Node> right = node(Arrays.copyOfRange(sizes, half, sizes.length), middle);
    return left.isPresent() && right.isPresent()
        ? Optional.of(new Sum(left.get(), right.get()))
        : left.or(() -> right);
  }

  @Override
  public String name() {
    return "tree of parts";
  }

  @Override
  public void run(
      ArrayRef out, ArrayRef left, ArrayRef right, ResultScaling finish, Workers workers) {
    workers.run(
        1,
        (_, scratch) -> {
          TreeSums sums = scratch.kept(TreeSums.class, TreeSums::new);
          run(root, left, right, 0, sums, workers);
          ArrayRef sum = sums.at(type, 0, elements);
          copy.run(out, sum, sum, finish, workers);
          sums.trim();
        });
  }

  /**
   * Computes a subtree into the array with a number; arrays with larger numbers are overwritten.
   */
  private void run(
      Node node, ArrayRef left, ArrayRef right, int to, TreeSums sums, Workers workers) {
    switch (node) {
      case Rows(StepKernel kernel, long from) ->
          kernel.run(
              sums.at(type, to, elements),
              left.plus(from * terms.stride(LEFT)),
              right.plus(from * terms.stride(RIGHT)),
              ResultScaling.PLAIN,
              workers);
      case Sum(Node first, Node second) -> {
        run(first, left, right, to, sums, workers);
        run(second, left, right, to + 1, sums, workers);
        ArrayRef sum = sums.at(type, to + 1, elements);
        make.adder().add(sum, sums.at(type, to, elements), elements, workers);
      }
    }
  }
}
