package io.github.shardsum.internal.testkit;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.testkit.ProgramCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Edits of a failing example: the same program with fewer or simpler layouts. */
final class LayoutEdits {
  private LayoutEdits() {}

  static List<Supplier<ProgramCase>> of(ProgramCase from) {
    List<Supplier<ProgramCase>> plainer = new ArrayList<>();
    for (Value input : from.program().inputs()) {
      for (ValueType type : plainer(input.type())) {
        plainer.add(() -> withInput(from, input, type));
      }
    }
    for (Statement statement : from.program().statements()) {
      if (statement.operation() instanceof Annotate(_, var annotation)) {
        for (Annotation less : plainer(annotation)) {
          plainer.add(() -> withAnnotation(from, statement, less));
        }
      }
    }
    return plainer;
  }

  private static List<ValueType> plainer(ValueType type) {
    List<ValueType> plainer = new ArrayList<>();
    for (int dim = 0; dim < type.rank(); dim++) {
      for (List<String> fewer : fewer(type.labels().axis(dim).mesh())) {
        List<Axis> axes = new ArrayList<>(type.labels().axes());
        axes.set(dim, new Axis(axes.get(dim).label(), fewer));
        plainer.add(new ValueType(type.dtype(), new Term(axes, List.of()), type.shape()));
      }
    }
    return plainer;
  }

  private static List<Annotation> plainer(Annotation annotation) {
    List<Annotation> plainer = new ArrayList<>();
    if (annotation.priority() > 0) {
      plainer.add(annotation.withPriority(0));
    }
    for (int i = 0; i < annotation.labels().size(); i++) {
      LabelSpec spec = annotation.labels().get(i);
      List<LabelSpec> others = new ArrayList<>(annotation.labels());
      others.remove(i);
      plainer.add(new Annotation(others, Set.of(), annotation.priority()));
      if (spec.open()) {
        plainer.add(with(annotation, i, new LabelSpec(spec.label(), spec.axes(), false)));
      }
      for (List<String> fewer : fewer(spec.axes())) {
        plainer.add(with(annotation, i, new LabelSpec(spec.label(), fewer, spec.open())));
      }
    }
    return plainer;
  }

  private static Annotation with(Annotation annotation, int place, LabelSpec spec) {
    List<LabelSpec> labels = new ArrayList<>(annotation.labels());
    labels.set(place, spec);
    return new Annotation(labels, Set.of(), annotation.priority());
  }

  /** Layouts with one axis less. */
  private static List<List<String>> fewer(List<String> axes) {
    List<List<String>> fewer = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      List<String> others = new ArrayList<>(axes);
      others.remove(i);
      fewer.add(others);
    }
    return fewer;
  }

  private static ProgramCase withInput(ProgramCase from, Value changed, ValueType type) {
    Program program = from.program();
    ProgramCopy copy = new ProgramCopy(program.name());
    for (Value input : program.inputs()) {
      copy.input(input, input.equals(changed) ? type : input.type());
    }
    program.statements().forEach(copy::add);
    return new ProgramCase(copy.build(program.outputs()), from.inputs());
  }

  private static ProgramCase withAnnotation(ProgramCase from, Statement changed, Annotation less) {
    Program program = from.program();
    ProgramCopy copy = new ProgramCopy(program.name());
    program.inputs().forEach(input -> copy.input(input, input.type()));
    for (Statement statement : program.statements()) {
      if (statement.equals(changed)) {
        Value x = statement.operation().operands().getFirst();
        copy.add(statement, new Annotate(copy.of(x), less));
      } else {
        copy.add(statement);
      }
    }
    return new ProgramCase(copy.build(program.outputs()), from.inputs());
  }
}
