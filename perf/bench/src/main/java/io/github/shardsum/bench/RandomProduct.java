package io.github.shardsum.bench;

import io.github.shardsum.tensor.Shape;
import java.util.Random;

/**
 * An einsum of two operands, drawn at random: each of five labels occurs in one operand or in both,
 * and in the result or not.
 *
 * @param equation its notation
 * @param left shape of the first operand
 * @param right shape of the second
 */
record RandomProduct(String equation, Shape left, Shape right) {
  private static final int LABELS = 5;
  private static final int LARGEST = 6;

  static RandomProduct of(Random random) {
    StringBuilder[] terms = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
    Shape[] shapes = {Shape.of(), Shape.of()};
    for (int label = 0; label < LABELS; label++) {
      char name = (char) ('a' + label);
      long size = 1L + random.nextInt(LARGEST);
      int places = 1 + random.nextInt(3);
      for (int operand = 0; operand < 2; operand++) {
        if ((places >> operand & 1) == 1) {
          boolean first = random.nextBoolean();
          terms[operand].insert(first ? 0 : terms[operand].length(), name);
          shapes[operand] = with(shapes[operand], first, size);
        }
      }
      if (random.nextInt(3) > 0) {
        terms[2].insert(random.nextInt(terms[2].length() + 1), name);
      }
    }
    return new RandomProduct(terms[0] + "," + terms[1] + "->" + terms[2], shapes[0], shapes[1]);
  }

  private static Shape with(Shape shape, boolean first, long size) {
    long[] sizes = new long[shape.rank() + 1];
    System.arraycopy(shape.toArray(), 0, sizes, first ? 1 : 0, shape.rank());
    sizes[first ? 0 : shape.rank()] = size;
    return Shape.of(sizes);
  }
}
