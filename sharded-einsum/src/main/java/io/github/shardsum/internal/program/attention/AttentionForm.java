package io.github.shardsum.internal.program.attention;

import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The composite {@code attention} and its gradient, see {@link ProgramBuilder#attention}.
 *
 * @param scale the factor of scores
 * @param causal whether a query sees no keys of later positions
 */
public record AttentionForm(double scale, boolean causal) {
  /** The name of the composite. */
  public static final String NAME = "attention";

  /**
   * The name of its gradient, whose operands are those of attention, its results and cotangents.
   */
  public static final String GRADIENT = "attention.gradient";

  /** The name of the attribute with the factor of scores. */
  public static final String SCALE = "scale";

  /** The name of the attribute that is true if later keys are not seen. */
  public static final String CAUSAL = "causal";

  /** q, k, v and the positions of queries and keys. */
  private static final int OPERANDS = 5;

  /** Checks the factor. */
  public AttentionForm {
    if (!Double.isFinite(scale)) {
      throw ProgramException.at(NAME, "scale must be finite, got " + scale);
    }
  }

  /**
   * The attributes of a composite, if it is attention or its gradient: any program may give these
   * names to a composite of its own.
   */
  public static Optional<AttentionForm> of(Composite composite) {
    boolean gradient = composite.name().equals(GRADIENT);
    if (!gradient && !composite.name().equals(NAME)) {
      return Optional.empty();
    }
    try {
      AttentionForm read = written(composite);
      List<Value> operands = composite.operands();
      Composite same = gradient ? read.gradientOf(operands) : read.of(operands);
      return composite.equals(same) ? Optional.of(read) : Optional.empty();
    } catch (NumberFormatException | ProgramException another) {
      return Optional.empty();
    }
  }

  /**
   * The attributes that a composite has.
   *
   * @throws NumberFormatException if the factor is no number
   * @throws ProgramException if it is not finite
   */
  public static AttentionForm written(Composite composite) {
    Map<String, String> written = composite.attributes();
    return new AttentionForm(
        Double.parseDouble(written.getOrDefault(SCALE, "")),
        Boolean.parseBoolean(written.getOrDefault(CAUSAL, "")));
  }

  private Map<String, String> attributes() {
    return Map.of(SCALE, Double.toString(scale), CAUSAL, Boolean.toString(causal));
  }

  /** The labels of operands; empty if they are not those of attention. */
  public static Optional<AttentionLabels> labels(List<Value> operands) {
    ValueType q = operands.get(0).type();
    ValueType v = operands.get(2).type();
    ValueType at = operands.get(3).type();
    ValueType of = operands.get(4).type();
    return AttentionLabels.of(q, operands.get(1).type(), v)
        .filter(
            labels ->
                q.dtype().isFloating()
                    && at.dtype() == DType.I32
                    && of.dtype() == DType.I32
                    && labels.rows().containsAll(at.names())
                    && labels.scores().containsAll(of.names())
                    && v.dtype() == q.dtype()
                    && operands.get(1).type().dtype() == q.dtype());
  }

  /** Attention of q, k, v and the positions of queries and of keys. */
  public Composite of(List<Value> operands) {
    AttentionLabels labels = checked(NAME, operands, OPERANDS);
    return composite(NAME, operands, decomposition(labels, operands), labels);
  }

  private static AttentionLabels checked(String name, List<Value> operands, int count) {
    if (operands.size() != count) {
      throw ProgramException.at(name, "operands must be " + count + ", got " + operands.size());
    }
    return labels(operands)
        .orElseThrow(
            () ->
                ProgramException.at(
                    name,
                    "q, k and v must have one floating dtype, and beside common labels one label of"
                        + " q and k, one of k and v, and one of v, as q [B T J D], k [B N J D], v"
                        + " [B N J E]; positions must be i32 with labels of q as at [B T], and of"
                        + " scores as of [B N], got "
                        + operands));
  }

  private Composite composite(
      String name, List<Value> operands, Program decomposition, AttentionLabels labels) {
    return Composite.of(name, attributes(), operands, decomposition, labels.rows());
  }

  /**
   * The gradient by q, k and v.
   *
   * @param operands the operands of attention, y, the logarithms, and the cotangents of these two
   */
  public Composite gradientOf(List<Value> operands) {
    AttentionLabels labels = checked(GRADIENT, operands, OPERANDS + 4);
    List<Value> results = decomposition(labels, operands).outputs();
    for (int i = 0; i < 4; i++) {
      ValueType expected = results.get(i % 2).type();
      Value given = operands.get(OPERANDS + i);
      if (!given.type().withoutLayout().equals(expected)) {
        throw ProgramException.at(
            GRADIENT, "results and cotangents must be " + expected + ", got " + given);
      }
    }
    return composite(GRADIENT, operands, gradient(labels, operands), labels);
  }

  /** Values of a decomposition. */
  private final class Body {
    private final ProgramBuilder p;
    private final AttentionLabels labels;
    private final List<Value> inputs = new ArrayList<>();
    private final DType dtype;
    private final DType wide;

    Body(String name, AttentionLabels labels, List<Value> operands, List<String> names) {
      this.p = Program.builder(name);
      this.labels = labels;
      this.dtype = operands.getFirst().type().dtype();
      this.wide = dtype == DType.F64 ? DType.F64 : DType.F32;
      for (int i = 0; i < names.size(); i++) {
        inputs.add(p.input(names.get(i), operands.get(i).type().withoutLayout()));
      }
    }

    /** An operand in the dtype in which scores are computed. */
    Value in(int index) {
      return p.convert(inputs.get(index), wide);
    }

    Value product(List<String> output, Value... factors) {
      return p.add(
              new Einsum(
                  AttentionLabels.equation(output, factors), List.of(factors), wide, Map.of()))
          .getFirst();
    }

    /** Scores; those of keys that a query does not see are -infinity. */
    Value scores() {
      Value scores = p.scale(product(labels.scores(), inputs.get(0), inputs.get(1)), scale);
      Value of = inputs.get(4);
      Value seen = p.greaterEqual(of, 0);
      if (causal) {
        seen = p.and(seen, p.lessEqual(of, inputs.get(3)));
      }
      return p.select(seen, scores, p.constant(wide, Double.NEGATIVE_INFINITY));
    }

    /**
     * The powers of e of scores minus a finite number of each row. A row that sees no key has the
     * number -infinity; its scores minus the least finite number are -infinity too, and its powers
     * 0.
     */
    Value powers(Value scores, Value finite) {
      return p.exp(p.subtract(scores, finite));
    }

    Value finite(Value x) {
      return p.maximum(x, wide == DType.F64 ? -Double.MAX_VALUE : -Float.MAX_VALUE);
    }

    Value ordered(Value x, List<String> names) {
      return x.type().names().equals(names) ? x : product(names, x);
    }

    Program build() {
      return p.build();
    }
  }

  private Program decomposition(AttentionLabels labels, List<Value> operands) {
    Body b = new Body(NAME, labels, operands, List.of("q", "k", "v", "at", "of"));
    Value scores = b.scores();
    Value peak = b.finite(b.p.max(scores, labels.keys()));
    Value powers = b.powers(scores, peak);
    Value total = b.p.sum(powers, labels.keys());
    // The largest power of a row that sees a key is 1, so its sum is at least 1.
    Value y = b.p.divide(b.product(labels.result(), powers, b.in(2)), b.p.maximum(total, 1));
    Value logs = b.ordered(b.p.add(peak, b.p.log(total)), labels.rows());
    b.p.output("y", b.p.convert(y, b.dtype));
    b.p.output("lse", logs);
    return b.build();
  }

  private Program gradient(AttentionLabels labels, List<Value> operands) {
    List<String> names = List.of("q", "k", "v", "at", "of", "y", "lse", "dy", "dlse");
    Body b = new Body("attention_gradient", labels, operands, names);
    Value dy = b.in(7);
    Value powers = b.powers(b.scores(), b.finite(b.in(6)));
    Value delta = b.p.subtract(b.product(labels.rows(), dy, b.in(5)), b.in(8));
    Value inner = b.p.subtract(b.product(labels.scores(), dy, b.in(2)), delta);
    Value ds = b.p.scale(b.p.multiply(powers, inner), scale);
    b.p.output("dq", b.p.convert(b.product(labels.query(), ds, b.in(1)), b.dtype));
    b.p.output("dk", b.p.convert(b.product(labels.key(), ds, b.in(0)), b.dtype));
    b.p.output("dv", b.p.convert(b.product(labels.value(), powers, dy), b.dtype));
    return b.build();
  }
}
