package io.github.shardsum.path;

import io.github.shardsum.internal.path.PathLabelNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A contraction: the labels of each operand, the labels of the output, and the size of each label;
 * an immutable, thread-safe value.
 *
 * <p>A label is an int from 0 to {@code sizes().size() - 1}. A label that is in an operand and not
 * in the output is summed. A label may be in any number of operands and also in the output. Within
 * one operand, and within the output, a label occurs at most once: the caller takes diagonals
 * first. If a label has size 1 in one operand and size n in another, the caller leaves it out of
 * the operand where its size is 1.
 *
 * @param operands the labels of each operand, in the order of its axes; at least one operand
 * @param output the labels of the output, each of which is in some operand
 * @param sizes the size of each label, at least 0
 * @param sparse the operands that are stored by their non-zeros. If a step contracts two of them,
 *     the right one is first made dense, as an intermediate
 */
public record Network(
    List<List<Integer>> operands, List<Integer> output, List<Long> sizes, Set<Integer> sparse) {

  /** The number of the output, where terms are named by numbers. */
  private static final int OUTPUT = Integer.MAX_VALUE - 1;

  /**
   * Copies and checks the lists.
   *
   * @throws PathException if there is no operand, a size is negative, a label has no size or occurs
   *     twice in a term, an output label is in no operand, or {@code sparse} names an operand that
   *     does not exist
   */
  public Network {
    var copies = new ArrayList<List<Integer>>(operands.size());
    for (List<Integer> operand : operands) {
      copies.add(List.copyOf(operand));
    }
    operands = List.copyOf(copies);
    output = List.copyOf(output);
    sizes = List.copyOf(sizes);
    sparse = Set.copyOf(sparse);
    check(operands, output, sizes);
    for (int operand : sparse) {
      if (operand < 0 || operand >= operands.size()) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "network: sparse operands are numbers from 0 to %d, got %d",
                operands.size() - 1,
                operand));
      }
    }
  }

  /**
   * A network of dense operands.
   *
   * @param operands the labels of each operand
   * @param output the labels of the output
   * @param sizes the size of each label
   * @throws PathException as for the other constructor
   */
  public Network(List<List<Integer>> operands, List<Integer> output, List<Long> sizes) {
    this(operands, output, sizes, Set.of());
  }

  /**
   * Makes a network of arrays.
   *
   * @param operands the labels of each operand
   * @param output the labels of the output
   * @param sizes the size of each label
   * @return the network
   * @throws PathException as for the constructor
   */
  public static Network of(int[][] operands, int[] output, long... sizes) {
    var lists = new ArrayList<List<Integer>>(operands.length);
    for (int[] operand : operands) {
      lists.add(boxed(operand));
    }
    return new Network(lists, boxed(output), Arrays.stream(sizes).boxed().toList());
  }

  /**
   * Counts the operands.
   *
   * @return the number of operands, at least 1
   */
  public int operandCount() {
    return operands.size();
  }

  /**
   * Counts the labels.
   *
   * @return the number of sizes; labels are 0 to this number minus 1
   */
  public int labelCount() {
    return sizes.size();
  }

  /**
   * Multiplies the sizes of labels.
   *
   * @param labels labels of this network
   * @return the number of elements of a tensor with these labels, 0 if some size is 0, infinite
   *     above about 1.8e308
   */
  public double elements(List<Integer> labels) {
    double product = 1;
    for (int label : labels) {
      double size = sizes.get(label);
      if (size == 0) {
        return 0;
      }
      product *= size;
    }
    return product;
  }

  /**
   * Prints the equation with letters for labels and then the sizes.
   *
   * @return for example {@code ab,bc->ac [a=2, b=3, c=4]}
   */
  @Override
  public String toString() {
    var used = new TreeSet<Integer>();
    operands.forEach(used::addAll);
    var text =
        new StringBuilder(PathLabelNames.equation(this, PathLabelNames::letter)).append(" [");
    String separator = "";
    for (int label : used) {
      text.append(separator)
          .append(PathLabelNames.letter(label))
          .append('=')
          .append(sizes.get(label));
      separator = ", ";
    }
    return text.append(']').toString();
  }

  private static List<Integer> boxed(int[] labels) {
    var list = new ArrayList<Integer>(labels.length);
    for (int label : labels) {
      list.add(label);
    }
    return list;
  }

  private static void check(List<List<Integer>> operands, List<Integer> output, List<Long> sizes) {
    if (operands.isEmpty()) {
      throw new PathException("network: at least one operand is needed, got none");
    }
    for (int label = 0; label < sizes.size(); label++) {
      if (sizes.get(label) < 0) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "network: sizes must be 0 or more, label %d has %d",
                label,
                sizes.get(label)));
      }
    }
    int[] seenIn = new int[sizes.size()];
    for (int i = 0; i < operands.size(); i++) {
      checkTerm(i, operands.get(i), seenIn);
    }
    for (int label : output) {
      if (label >= 0 && label < seenIn.length && seenIn[label] == 0) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "network: output label %d is in no operand; leave it out here and"
                    + " repeat the result",
                label));
      }
    }
    checkTerm(OUTPUT, output, seenIn);
  }

  private static void checkTerm(int term, List<Integer> labels, int[] seenIn) {
    for (int label : labels) {
      if (label < 0 || label >= seenIn.length) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "network: %s has label %d, but sizes are given for %s",
                name(term),
                label,
                seenIn.length == 0 ? "no label" : "labels 0 to " + (seenIn.length - 1)));
      }
      if (seenIn[label] == term + 1) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "network: %s has label %d twice in %s; take its diagonal first and name it once",
                name(term),
                label,
                labels));
      }
      seenIn[label] = term + 1;
    }
  }

  private static String name(int term) {
    return term == OUTPUT ? "the output" : "operand " + term;
  }
}
