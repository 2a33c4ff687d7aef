package io.github.shardsum.program;

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
   * that order; its outputs are the carried values of the next round and any number of others. The
   * scan's results are the last carried values and, of each other output, the rounds' values along
   * a new first label. Round i reads and writes index i, or count - 1 - i in reverse. With a count
   * of 0 the carried values come back as they were. Dtypes, NaN and empty labels are the body's.
   *
   * @param count how many rounds, at least 0
   * @param label first label of the sequences and of stacked results, of size count
   * @param reverse whether rounds go from the last index to the first
   * @param body one round; types as said, label names included
   * @param carried first values of what a round hands to the next
   * @param sequences values that each round reads one index of
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
  }

  /**
   * A named function with its meaning in other operations. A backend that has a kernel of that name
   * runs it; every other runs the decomposition, whose dtypes, NaN and empty labels it has. Its
   * gradient is the composite {@code name.gradient}, of the operands and then one cotangent a
   * floating result, whose decomposition is the gradient of this one.
   *
   * @param name as {@code moe.route}; the kernel is looked up by it
   * @param attributes what the kernel has to know beyond the operands' types: texts by names of
   *     letters, digits, {@code _}, {@code .}, {@code -} and {@code +}
   * @param operands the decomposition's inputs, of the very same types
   * @param decomposition the meaning
   * @param splittable the sharding rule: labels along which it is independent, so that from a chunk
   *     of each operand that has such a label it computes that chunk of each result that has it;
   *     all other labels must be whole. Each once, and of an operand or a result
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
     * @param decomposition its meaning
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
}
