package io.github.shardsum.backend;

/** A program that updates a matrix of parameters by Adam, and the running mean of the matrix. */
public final class AdamUpdate {
  private AdamUpdate() {}

  /** Its text, for parameters {@code f32[m h]}. */
  public static String text(int rows, int columns) {
    String type = "f32[m=" + rows + " h=" + columns + "]";
    return """
        program update {
          input p: TYPE
          input mean: TYPE
          input square: TYPE
          input average: TYPE
          input gradient: TYPE
          input clip: f32[]
          input floor: f32[]
          input by: f32[]
          keep = constant {type="f32[]", value=0.9}
          take = constant {type="f32[]", value=0.1}
          g = multiply(gradient, clip)
          kept = multiply(mean, keep)
          taken = multiply(g, take)
          next_mean = add(kept, taken)
          squared = multiply(g, g)
          kept_square = multiply(square, keep)
          taken_square = multiply(squared, take)
          next_square = add(kept_square, taken_square)
          root = sqrt(next_square)
          below = add(root, floor)
          quotient = divide(next_mean, below)
          moved = multiply(quotient, by)
          next = subtract(p, moved)
          way = subtract(next, average)
          part = multiply(way, take)
          next_average = add(average, part)
          output next, next_mean, next_square, next_average
        }
        """
        .replace("TYPE", type);
  }
}
