package io.github.shardsum.internal.program.pass;

import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Puts an annotation after each value that a table names. */
public final class AnnotationInsertion {
  /** The end of the name of a value that the pass adds. */
  private static final Pattern SUFFIX = Pattern.compile("\\.(un)?annotated(\\.[0-9]+)?\\b");

  private final Program program;
  private final Map<String, Annotation> left;
  private final Set<String> names = new HashSet<>();
  private final Map<Value, Value> same = new HashMap<>();
  private final List<Statement> statements = new ArrayList<>();

  private AnnotationInsertion(Program program, Map<String, Annotation> annotations) {
    this.program = program;
    this.left = new TreeMap<>(annotations);
    program.inputs().forEach(value -> names.add(value.name()));
    program.statements().forEach(each -> each.results().forEach(value -> names.add(value.name())));
  }

  /**
   * Runs the pass.
   *
   * @param annotations the annotations by the value's name
   * @return the annotated program
   * @throws ProgramException if no value has a given name, or the value does not have an annotated
   *     label
   */
  public static Program run(Program program, Map<String, Annotation> annotations) {
    return new AnnotationInsertion(program, annotations).run();
  }

  /** A text that names values, with the names that they had before the pass. */
  public static String withoutSuffixes(String text) {
    return SUFFIX.matcher(text).replaceAll("");
  }

  private Program run() {
    for (Value input : program.inputs()) {
      Annotation annotation = left.remove(input.name());
      if (annotation != null) {
        same.put(input, annotate(input, unused(input.name() + ".annotated"), annotation));
      }
    }
    program.statements().forEach(this::statement);
    if (!left.isEmpty()) {
      throw ProgramException.at(
          "annotations of program " + program.name(),
          "names must be of its values, got "
              + String.join(", ", left.keySet())
              + "; "
              + ValueNames.listed(program.inputs(), program.statements()));
    }
    // An output that is an input stays unannotated.
    return new Program(program.name(), program.inputs(), statements, program.outputs());
  }

  private void statement(Statement statement) {
    Statement now = OperandSubstitution.replace(statement, same);
    Operation operation = now.operation() instanceof Scan scan ? body(scan, now) : now.operation();
    List<Value> results = new ArrayList<>();
    Map<Value, Annotation> found = new HashMap<>();
    for (Value result : statement.results()) {
      Annotation annotation = left.remove(result.name());
      if (annotation == null) {
        results.add(result);
      } else {
        found.put(result, annotation);
        results.add(new Value(unused(result.name() + ".unannotated"), result.type()));
      }
    }
    statements.add(new Statement(results, operation));
    for (int i = 0; i < results.size(); i++) {
      Value result = statement.results().get(i);
      Annotation annotation = found.get(result);
      if (annotation != null) {
        annotate(results.get(i), result.name(), annotation);
      }
    }
  }

  private Value annotate(Value value, String name, Annotation annotation) {
    Value annotated = new Value(name, value.type().withoutLayout());
    statements.add(new Statement(List.of(annotated), new Movement.Annotate(value, annotation)));
    return annotated;
  }

  /**
   * The scan with annotations in its body. An annotation belongs to the body if its name begins
   * with the names of a result of the scan and of the body.
   */
  private Scan body(Scan scan, Statement statement) {
    Map<String, Annotation> inner = new TreeMap<>();
    for (Value result : statement.results()) {
      String prefix = result.name() + "." + scan.body().name() + ".";
      for (String name : List.copyOf(left.keySet())) {
        Annotation annotation = left.get(name);
        if (name.startsWith(prefix) && annotation != null) {
          inner.put(name.substring(prefix.length()), annotation);
          left.remove(name);
        }
      }
    }
    return inner.isEmpty() ? scan : scan.with(run(scan.body(), inner));
  }

  private String unused(String preferred) {
    String name = preferred;
    for (int i = 2; !names.add(name); i++) {
      name = preferred + "." + i;
    }
    return name;
  }
}
