package io.github.shardsum.internal.path;

import io.github.shardsum.path.Network;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.IntFunction;

/** Names of labels for a caller that has none. */
public final class PathLabelNames {
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  private PathLabelNames() {}

  /** A letter for labels 0 to 51; {@code x52}, {@code x53}, ... for the labels after them. */
  public static String letter(int label) {
    return label < LETTERS.length() ? LETTERS.substring(label, label + 1) : "x" + label;
  }

  /** The labels of one term, with spaces between them only if some name is longer than a letter. */
  public static String term(List<Integer> labels, IntFunction<String> names, boolean spaced) {
    var text = new StringBuilder();
    for (int label : labels) {
      if (spaced && !text.isEmpty()) {
        text.append(' ');
      }
      text.append(names.apply(label));
    }
    return text.toString();
  }

  /** Whether some label of the network has a name of more than one letter. */
  public static boolean spaced(Network network, IntFunction<String> names) {
    return network.operands().stream()
        .flatMap(List::stream)
        .anyMatch(label -> names.apply(label).length() != 1);
  }

  /** The whole equation, such as {@code ij,jk->ik} or, with long names, {@code i j, j k -> i k}. */
  public static String equation(Network network, IntFunction<String> names) {
    boolean spaced = spaced(network, names);
    var text = new StringJoiner(spaced ? ", " : ",", "", spaced ? " -> " : "->");
    network.operands().forEach(operand -> text.add(term(operand, names, spaced)));
    return text + term(network.output(), names, spaced);
  }
}
