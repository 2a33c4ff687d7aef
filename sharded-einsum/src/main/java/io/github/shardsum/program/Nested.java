package io.github.shardsum.program;

import io.github.shardsum.einsum.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Operations that hold a program. */
public sealed interface Nested extends Operation {
  /**
   * A program run a fixed number of times: a scan.
   *
   * <p>The body's inputs are the carried values, one slice of each sequence, and the invariants, in
   * that order; its outputs are the carried values of the next round and any number of other
   * values. The scan's results are the last carried values, and for each other output its values in
   * all rounds along a new first label. Round i reads and writes index i, or count - 1 - i in
   * reverse. With a count of 0 the results are the first carried values. The body defines dtypes,
   * NaN and empty labels.
   *
   * @param count number of rounds, at least 0
   * @param label first label of the sequences and of stacked results, of size count
   * @param reverse whether rounds go from the last index to the first
   * @param body one round, with inputs and outputs as above; types must match, including the names
   *     of labels
   * @param carried first values of the state that each round passes to the next
   * @param sequences values of which each round reads one index
   * @param invariants values that each round reads whole
   */
  record Scan(
      long count,
      String label,
      boolean reverse,
      Program body,
      List<Value> carried,
      List<Value> sequences,
      List<Value> invariants)
      implements Nested {
    /** Copies the lists. */
    public Scan {
      carried = List.copyOf(carried);
      sequences = List.copyOf(sequences);
      invariants = List.copyOf(invariants);
    }

    @Override
    public List<Value> operands() {
      List<Value> all = new ArrayList<>(carried);
      all.addAll(sequences);
      all.addAll(invariants);
      return List.copyOf(all);
    }

    /**
     * The same loop with another body.
     *
     * @param other the body, of the same types
     * @return the loop
     */
    public Scan with(Program other) {
      return new Scan(count, label, reverse, other, carried, sequences, invariants);
    }
  }

  /**
   * A named function, defined by other operations. A backend with a kernel of that name runs the
   * kernel; other backends run the decomposition, which defines dtypes, NaN and empty labels. The
   * gradient is the composite {@code name.gradient}. The gradient's operands are these operands,
   * then one cotangent for each floating result; its decomposition is the gradient of this
   * decomposition.
   *
   * @param name the name, such as {@code moe.route}, by which backends look up the kernel
   * @param attributes parameters of the kernel in addition to the operands' types: texts by names
   *     of letters, digits, {@code _}, {@code .}, {@code -} and {@code +}
   * @param operands the values of the decomposition's inputs, of exactly the same types
   * @param decomposition the program that defines the composite
   * @param splittable the sharding rule: labels along which the kernel can compute a part. The
   *     kernel's operands are then the same chunk of each operand that has the label. The kernel
   *     computes that chunk of each result that has the label, and addends of results that are sums
   *     over the label (up to rounding, overflow and values that are not finite). All other labels
   *     must be whole. If the kernel must know the chunk's first index, an i64 scalar follows the
   *     operands. The gradient's kernel promises the same. Each label is listed once, and an
   *     operand or a result must have it
   */
  record Composite(
      String name,
      SortedMap<String, String> attributes,
      List<Value> operands,
      Program decomposition,
      List<String> splittable)
      implements Nested {
    /** Copies lists and map. */
    public Composite {
      attributes = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
      operands = List.copyOf(operands);
      splittable = List.copyOf(splittable);
    }

    /**
     * A composite.
     *
     * @param name its name
     * @param attributes its attributes
     * @param operands its operands
     * @param decomposition its decomposition
     * @param splittable its sharding rule
     * @return the composite
     */
    public static Composite of(
        String name,
        Map<String, String> attributes,
        List<Value> operands,
        Program decomposition,
        List<String> splittable) {
      return new Composite(name, new TreeMap<>(attributes), operands, decomposition, splittable);
    }
  }

  /**
   * A region of a program that is written for one device of a mesh: each device along the region's
   * axes runs the body on its own part of the operands, and {@link Communication}s are statements
   * of the body. The planner uses the other axes of the mesh as usual, and the body may contain
   * regions over them.
   *
   * <p>A region is defined without a mesh: there is one member for each combination of indices
   * along the axes. A member's indices select its chunk of an operand; a label over several axes is
   * cut into chunks of chunks. Along axes that the term does not name every member has the whole
   * operand. A result is assembled from the members' outputs in the same way; along axes behind a
   * bar it is their sum. Along axes that the term does not name the outputs must be the same, and
   * this must follow from the body: the result of an all-reduce or an all-gather over an axis is
   * the same along the axis, and so is a value that is computed only from such values.
   *
   * @param axes the axes of the region, each once
   * @param body the program of a member, whose inputs and outputs have the types of a member's part
   * @param operands one for each input of the body
   * @param in for each operand its labels with axes of the region; the sizes of a label's axes must
   *     divide the size of the label
   * @param out for each output its labels with axes of the region, and behind a bar the axes to sum
   *     over
   */
  record Manual(
      List<MeshAxis> axes, Program body, List<Value> operands, List<Term> in, List<Term> out)
      implements Nested {
    /** Copies the lists. */
    public Manual {
      axes = List.copyOf(axes);
      operands = List.copyOf(operands);
      in = List.copyOf(in);
      out = List.copyOf(out);
    }

    /**
     * The same region with another body or on other operands.
     *
     * @param other the body, of the same types
     * @param values the operands, of the same types
     * @return the region
     */
    public Manual with(Program other, List<Value> values) {
      return new Manual(axes, other, values, in, out);
    }
  }
}
