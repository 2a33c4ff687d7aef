package io.github.shardsum.internal.layout;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Strictness;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An einsum with layouts, or a reshard, as a program of one statement. For example:
 *
 * <pre>
 * m@x k, k n -> m n@x   operand0: f32[m@x k], operand1: f32[k n],
 *                       result = einsum(operand0, operand1) as m n@x
 * i@x i -> i            operand0: f32[i@x i_2], result = einsum(operand0) {"i i -> i"}
 * i@x -> i i            operand0: f32[i@x], result = select(i equals i_2, operand0, 0)
 * </pre>
 *
 * <p>An axis of an ellipsis, and an axis of size 1 that stands for a larger label, become labels of
 * their own. If the output repeats a label, the value lies on the diagonal of zeros.
 *
 * @param program the program, with inputs {@code operand0}, {@code operand1} and so on, and the
 *     output {@code result}
 * @param layouts the requested layouts of inputs and output, by name
 */
public record EquationProgram(Program program, Map<String, Layout> layouts) {
  private static final String RESULT = "result";

  /**
   * The program of an einsum.
   *
   * @param equation the equation with its layouts
   * @param mesh the devices
   * @param shapes logical shapes of the operands
   * @param sizes sizes of labels that only the output has
   * @param dtype dtype of operands and result
   */
  public static EquationProgram of(
      Equation equation, Mesh mesh, List<Shape> shapes, Map<String, Long> sizes, DType dtype) {
    BoundEquation bound = equation.withoutLayout().bind(shapes, sizes, Strictness.LENIENT);
    return new Writer(equation, bound, mesh, dtype).write();
  }

  /**
   * The program of a reshard.
   *
   * @param from the layout of the operand
   * @param to the layout of the result
   * @param shape the logical shape
   * @return the program, an annotation of its input
   */
  public static EquationProgram reshard(Layout from, Layout to, Shape shape, DType dtype) {
    ProgramBuilder builder = Program.builder("reshard");
    ValueType type = new ValueType(dtype, from.term().withoutLayout(), shape);
    Value operand = builder.input(operand(0), type);
    builder.output(RESULT, builder.annotate(operand, Annotation.closed(to.term())));
    return new EquationProgram(builder.build(), Map.of(operand(0), from, RESULT, to));
  }

  private static String operand(int number) {
    return "operand" + number;
  }

  /** Writes one program. */
  private static final class Writer {
    private final Equation equation;
    private final BoundEquation bound;
    private final Mesh mesh;
    private final DType dtype;
    private final Set<String> taken;
    private final Map<Integer, String> ellipses = new HashMap<>();
    private final ProgramBuilder builder = Program.builder("einsum");
    private final Map<String, Layout> layouts = new HashMap<>();

    Writer(Equation equation, BoundEquation bound, Mesh mesh, DType dtype) {
      this.equation = equation;
      this.bound = bound;
      this.mesh = mesh;
      this.dtype = dtype;
      this.taken = new HashSet<>(bound.equation().labels());
    }

    EquationProgram write() {
      List<Term> terms = new ArrayList<>();
      List<Value> operands = new ArrayList<>();
      Set<String> had = new HashSet<>();
      for (int i = 0; i < bound.operandCount(); i++) {
        List<String> labels = operandLabels(i);
        terms.add(Term.of(labels.toArray(String[]::new)));
        had.addAll(labels);
        Layout layout = layout(operand(i), distinct(labels), equation.operand(i));
        Term split = new Term(layout.term().axes(), List.of());
        operands.add(builder.input(operand(i), new ValueType(dtype, split, bound.operandShape(i))));
      }
      List<String> output = new ArrayList<>();
      Map<String, Long> made = new HashMap<>();
      for (int dim = 0; dim < bound.outputRank(); dim++) {
        String label = name(bound.outputLabel(dim));
        output.add(label);
        if (!had.contains(label)) {
          made.put(label, bound.outputShape().size(dim));
        }
      }
      List<String> names = distinct(output);
      Term once = Term.of(output.stream().distinct().toArray(String[]::new));
      Value value =
          builder
              .add(new Contraction.Einsum(new Equation(terms, once), operands, dtype, made))
              .getFirst();
      layout(RESULT, names, equation.output());
      builder.output(RESULT, names.equals(output) ? value : onDiagonal(value, output, names));
      return new EquationProgram(builder.build(), Map.copyOf(layouts));
    }

    private List<String> operandLabels(int number) {
      List<String> labels = new ArrayList<>();
      for (int dim = 0; dim < bound.operandRank(number); dim++) {
        boolean isOne = bound.isBroadcast(number, dim);
        labels.add(isOne ? fresh("one") : name(bound.operandLabel(number, dim)));
      }
      return labels;
    }

    private String name(int label) {
      String name = bound.labelName(label);
      return name.startsWith("...")
          ? ellipses.computeIfAbsent(label, _ -> fresh("dots" + name.substring(3)))
          : name;
    }

    private String fresh(String like) {
      String name = like;
      for (int i = 2; !taken.add(name); i++) {
        name = like + "_" + i;
      }
      return name;
    }

    private List<String> distinct(List<String> labels) {
      List<String> names = new ArrayList<>();
      for (String label : labels) {
        names.add(names.contains(label) ? fresh(label + "_2") : label);
      }
      return names;
    }

    /** Notes the layout of a value; an ellipsis of its term stands for several dimensions. */
    private Layout layout(String value, List<String> names, Term term) {
      List<Axis> axes = new ArrayList<>();
      for (Axis axis : term.axes()) {
        int count = axis.isEllipsis() ? names.size() - term.size() + 1 : 1;
        for (int i = 0; i < count; i++) {
          axes.add(new Axis(names.get(axes.size()), axis.mesh()));
        }
      }
      Layout layout = new Layout(mesh, new Term(axes, term.partial()));
      layouts.put(value, layout);
      return layout;
    }

    /**
     * A value with each label once, on the diagonal of a value whose repeated labels have names.
     */
    private Value onDiagonal(Value value, List<String> output, List<String> names) {
      Map<String, Long> made = new HashMap<>();
      List<Value> equal = new ArrayList<>();
      for (int dim = 0; dim < names.size(); dim++) {
        String name = names.get(dim);
        if (!name.equals(output.get(dim))) {
          long size = bound.outputShape().size(dim);
          made.put(name, size);
          equal.add(builder.equal(iota(output.get(dim), size), iota(name, size)));
        }
      }
      Equation spread =
          new Equation(
              List.of(Term.of(value.type().names().toArray(String[]::new))),
              Term.of(names.toArray(String[]::new)));
      Value wide = builder.einsum(spread, List.of(value), made);
      Value zero =
          builder
              .add(new Source.Constant(ValueType.scalar(dtype), Scalar.of(dtype, 0L)))
              .getFirst();
      for (Value isEqual : equal) {
        wide = builder.select(isEqual, wide, zero);
      }
      return wide;
    }

    private Value iota(String label, long size) {
      return builder.iota(ValueType.of(DType.I64, List.of(label), List.of(size)), label);
    }
  }
}
