package io.github.shardsum.internal.testkit;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.testkit.Choices;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Draws layouts of a program's inputs, and annotations of the program's values. */
public final class RandomLaying {
  private final Mesh mesh;
  private final Choices choices;

  public RandomLaying(Mesh mesh, Choices choices) {
    this.mesh = mesh;
    this.choices = choices;
  }

  /** A program with layouts. */
  public Program laid(Program program) {
    ProgramCopy copy = new ProgramCopy(program.name());
    for (Value input : program.inputs()) {
      copy.input(input, choices.nextBoolean() ? laid(input.type()) : input.type());
    }
    for (Value input : program.inputs()) {
      annotate(copy, input);
    }
    for (Statement statement : program.statements()) {
      if (statement.operation() instanceof Annotate(Value x, var annotation) && !fits(annotation)) {
        copy.replace(statement.result(), copy.of(x));
      } else {
        copy.add(statement);
        statement.results().forEach(result -> annotate(copy, result));
      }
    }
    return UnusedEdits.removed(copy.build(program.outputs()));
  }

  private boolean fits(Annotation annotation) {
    return annotation.labels().stream().allMatch(spec -> mesh.axisNames().containsAll(spec.axes()));
  }

  private ValueType laid(ValueType type) {
    return new ValueType(type.dtype(), new Term(axes(type), List.of()), type.shape());
  }

  /** Mesh axes for the labels of a type, each at most once. */
  private List<Axis> axes(ValueType type) {
    List<List<String>> axes = new ArrayList<>();
    type.names().forEach(_ -> axes.add(new ArrayList<>()));
    for (String axis : choices.shuffled(mesh.axisNames())) {
      int dim = choices.nextInt(type.rank() + 1) - 1;
      if (dim >= 0) {
        axes.get(dim).add(axis);
      }
    }
    List<Axis> labels = new ArrayList<>();
    for (int dim = 0; dim < type.rank(); dim++) {
      labels.add(new Axis(type.names().get(dim), axes.get(dim)));
    }
    return labels;
  }

  private void annotate(ProgramCopy copy, Value value) {
    if (value.type().rank() == 0 || choices.nextInt(3) != 1) {
      return;
    }
    List<LabelSpec> labels = new ArrayList<>();
    for (Axis axis : axes(value.type())) {
      boolean open = choices.nextInt(3) == 1;
      if (!axis.mesh().isEmpty() || choices.nextBoolean()) {
        labels.add(new LabelSpec(axis.label(), axis.mesh(), open));
      }
    }
    copy.annotate(value, new Annotation(labels, Set.of(), choices.nextInt(4) == 1 ? 1 : 0));
  }
}
