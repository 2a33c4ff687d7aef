package io.github.shardsum.internal.moe.decomposition;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.moe.route.ArgumentChecks;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The composites for experts with any number of rows each, and their decompositions. */
public final class ExpertComposites {
  /** Each expert's rows times its own matrix. */
  public static final String PRODUCT = "moe.expert_product";

  /**
   * The row of each choice, in an order where the rows of an expert are consecutive; and the number
   * of rows of each expert.
   */
  public static final String ROWS = "moe.expert_rows";

  /** Attribute: E. */
  public static final String EXPERTS = "experts";

  /** Attribute: C. */
  public static final String CAPACITY = "capacity";

  /**
   * Attribute: the number of rows of each expert is rounded up to a multiple of this number; 1 if
   * absent.
   */
  public static final String MULTIPLE = "multiple";

  private ExpertComposites() {}

  /** See {@code MoePrograms.expertProduct}. */
  public static Composite product(Value x, Value w, Value sizes) {
    checkProduct(x, w, sizes);
    ProgramBuilder p = Program.builder("expert_product");
    Value rows = p.input("x", x.type().withoutLayout());
    Value matrices = p.input("w", w.type().withoutLayout());
    Value counts = p.input("sizes", sizes.type().withoutLayout());
    String group = w.type().names().getFirst();
    DType index = sizes.type().dtype();
    String row = x.type().names().getFirst();
    ValueType rowType = ValueType.of(index, List.of(row), List.of(x.type().size(row)));
    Value ends = p.cumulativeSum(counts, group);
    Value ended = p.compare(Comparison.LE, ends, p.iota(rowType.toString(), row));
    // Rows behind the last group belong to no expert, so their row of the one-hot is 0.
    Value of = p.sum(p.convert(ended, DType.I32), group);
    Value oneHot = p.oneHot(of, group, w.type().size(group), x.type().dtype());
    List<Value> factors = List.of(oneHot, rows, matrices);
    String last = w.type().names().get(2);
    Equation equation =
        new Equation(factors.stream().map(ExpertComposites::term).toList(), Term.of(row, last));
    p.output("product", p.einsum(equation, factors, Map.of()));
    return Composite.of(PRODUCT, Map.of(), List.of(x, w, sizes), p.build(), List.of(last));
  }

  private static Term term(Value value) {
    return Term.of(value.type().names().toArray(String[]::new));
  }

  private static void checkProduct(Value x, Value w, Value sizes) {
    List<String> rows = x.type().names();
    List<String> matrices = w.type().names();
    DType index = sizes.type().dtype();
    boolean good =
        rows.size() == 2
            && matrices.size() == 3
            && matrices.get(1).equals(rows.get(1))
            && x.type().size(rows.get(1)) == w.type().size(rows.get(1))
            && !matrices.contains(rows.getFirst())
            && sizes.type().names().equals(matrices.subList(0, 1))
            && sizes.type().size(matrices.getFirst()) == w.type().size(matrices.getFirst())
            && x.type().dtype() == w.type().dtype()
            && x.type().dtype() != DType.BOOL
            && (index == DType.I32 || index == DType.I64);
    if (!good) {
      throw new IllegalArgumentException(
          "moe.expert_product: x must be [r, k], w [e, k, n] of the same dtype of numbers, and sizes"
              + " [e] of i32 or i64, with four labels in all, got "
              + x
              + ", "
              + w
              + " and "
              + sizes);
    }
  }

  /** The rows of choices at positions {@code [G, S, K]}. */
  public static Composite rows(Value positions, long experts, long capacity) {
    return rows(positions, experts, capacity, 1);
  }

  /** See {@code MoePrograms.expertRows}. */
  public static Composite rows(Value positions, long experts, long capacity, int multiple) {
    ArgumentChecks.atLeast("moe.expert_rows: experts", 1, experts);
    ArgumentChecks.atLeast("moe.expert_rows: capacity", 1, capacity);
    ArgumentChecks.atLeast("moe.expert_rows: multiple", 1, multiple);
    checkPositions(positions);
    ProgramBuilder p = Program.builder("expert_rows");
    ValueType type = positions.type().withoutLayout();
    Value given = p.input("positions", type);
    Value none = p.constant(DType.I32, -1);
    Value sent = p.compare(Comparison.GE, given, p.constant(DType.I32, 0));
    Value slots = p.constant(DType.I32, capacity);
    Value expert = p.select(sent, p.binary(BinaryKind.DIVIDE, given, slots), none);
    Value oneHot = p.oneHot(expert, "E", experts, DType.I32);
    Value all = p.merge(oneHot, "R", "G", "S", "K");
    Value sizes = p.sum(all, "R");
    if (multiple > 1) {
      Value unit = p.constant(DType.I32, multiple);
      Value raised = p.add(sizes, p.constant(DType.I32, multiple - 1));
      sizes = p.multiply(p.binary(BinaryKind.DIVIDE, raised, unit), unit);
    }
    Value row = p.add(p.exclusiveSum(all, "R"), p.exclusiveSum(sizes, "E"));
    Value split = p.add(new Movement.Split(row, "R", type.names(), type.sizes())).getFirst();
    p.output("rows", p.select(sent, p.einsum("GSKE,GSKE->GSK", split, oneHot), none));
    p.output("sizes", sizes);
    Map<String, String> attributes = new TreeMap<>();
    attributes.put(EXPERTS, Long.toString(experts));
    attributes.put(CAPACITY, Long.toString(capacity));
    if (multiple > 1) {
      attributes.put(MULTIPLE, Integer.toString(multiple));
    }
    return Composite.of(ROWS, attributes, List.of(positions), p.build(), List.of());
  }

  private static void checkPositions(Value positions) {
    if (!positions.type().names().equals(List.of("G", "S", "K"))
        || positions.type().dtype() != DType.I32) {
      throw new IllegalArgumentException(
          "moe.expert_rows: positions must be i32[G S K], got " + positions);
    }
  }
}
