package io.github.shardsum.path;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Networks to test with: random small ones, and the families that path finders are compared on. */
final class Networks {
  private Networks() {}

  /** Up to a number of operands over up to 9 labels, with all that einsum allows. */
  static Arbitrary<Network> small(int maxOperands, long... sizes) {
    return Arbitraries.randomValue(
        random -> random(random, 1 + random.nextInt(maxOperands), 1 + random.nextInt(9), sizes));
  }

  static Network random(Random random, int operands, int labels, long... sizes) {
    int[] arity = new int[operands];
    Arrays.setAll(arity, i -> random.nextInt(Math.min(labels, 5) + 1));
    int[][] terms = new int[operands][];
    boolean[] used = new boolean[labels];
    for (int i = 0; i < operands; i++) {
      terms[i] = sample(random, labels, arity[i]);
      for (int label : terms[i]) {
        used[label] = true;
      }
    }
    int[] inOrder = sample(random, labels, labels);
    double share = random.nextDouble();
    int[] output =
        Arrays.stream(inOrder).filter(l -> used[l] && random.nextDouble() < share).toArray();
    long[] size = random.longs(labels, 0, sizes.length).map(k -> sizes[(int) k]).toArray();
    return Network.of(terms, output, size);
  }

  /** From text such as {@code ij,jk->ik} with one size for all labels, or one for each letter. */
  static Network parse(String equation, long... sizes) {
    Map<Character, Integer> labelOf = new HashMap<>();
    String[] sides = equation.split("->", -1);
    int[][] operands =
        Arrays.stream(sides[0].split(",", -1))
            .map(term -> term.chars().map(c -> number(labelOf, (char) c)).toArray())
            .toArray(int[][]::new);
    int[] output = sides[1].chars().map(c -> number(labelOf, (char) c)).toArray();
    long[] size = new long[labelOf.size()];
    labelOf.forEach((c, l) -> size[l] = sizes.length == 1 ? sizes[0] : sizes[c - 'a']);
    return Network.of(operands, output, size);
  }

  /** A chain of matrices with both ends open. */
  static Network chain(int operands, Random random, int maxSize) {
    int[][] terms = new int[operands][];
    Arrays.setAll(terms, i -> new int[] {i, i + 1});
    return Network.of(
        terms, new int[] {0, operands}, random.longs(operands + 1, 2, maxSize + 1).toArray());
  }

  /** A closed lattice of rows times columns, a label on each edge. */
  static Network lattice(int rows, int columns, long size) {
    List<List<Integer>> terms = empty(rows * columns);
    int label = 0;
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        if (c + 1 < columns) {
          terms.get(r * columns + c).add(label);
          terms.get(r * columns + c + 1).add(label++);
        }
        if (r + 1 < rows) {
          terms.get(r * columns + c).add(label);
          terms.get((r + 1) * columns + c).add(label++);
        }
      }
    }
    return closed(terms, label, size);
  }

  /** A random graph in which each operand has about {@code degree} labels, each in two operands. */
  static Network regular(int operands, int degree, long size, Random random) {
    List<List<Integer>> terms = empty(operands);
    int label = 0;
    for (int k = 0; k < operands * degree / 2; k++) {
      int a = k < operands ? k : random.nextInt(operands);
      int b = (a + 1 + random.nextInt(operands - 1)) % operands;
      terms.get(a).add(label);
      terms.get(b).add(label++);
    }
    return closed(terms, label, size);
  }

  /** A random tree of operands with an open label on each. */
  static Network tree(int operands, long size, Random random) {
    List<List<Integer>> terms = empty(operands);
    for (int k = 1; k < operands; k++) {
      terms.get(random.nextInt(k)).add(k - 1);
      terms.get(k).add(k - 1);
    }
    return closed(terms, operands - 1, size);
  }

  private static List<List<Integer>> empty(int operands) {
    List<List<Integer>> terms = new ArrayList<>();
    for (int i = 0; i < operands; i++) {
      terms.add(new ArrayList<>());
    }
    return terms;
  }

  private static Network closed(List<List<Integer>> terms, int labels, long size) {
    Long[] sizes = new Long[labels];
    Arrays.fill(sizes, size);
    return new Network(terms, List.of(), List.of(sizes));
  }

  private static int number(Map<Character, Integer> labelOf, char letter) {
    return labelOf.computeIfAbsent(letter, c -> labelOf.size());
  }

  private static int[] sample(Random random, int labels, int count) {
    List<Integer> all = new ArrayList<>();
    for (int label = 0; label < labels; label++) {
      all.add(random.nextInt(all.size() + 1), label);
    }
    return all.stream().limit(count).mapToInt(Integer::intValue).toArray();
  }
}
