package io.github.shardsum.program;

import io.github.shardsum.internal.program.pass.AnnotationInsertion;
import io.github.shardsum.internal.program.pass.AnnotationRemoval;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Layouts of a program's values by name, separate from the program: the layout of a model can be
 * chosen when it runs. An immutable value.
 *
 * <pre>{@code
 * Program laid = Annotations.of(Map.of("dispatched", "E@x", "inputs", "G@x")).apply(moe);
 * }</pre>
 *
 * @param byName annotations by the value's name. A value in the body of a scan is named by one of
 *     the scan's results, the body and the value, with dots, such as {@code last.round.state}
 */
public record Annotations(Map<String, Annotation> byName) {
  /** Copies the map. */
  public Annotations {
    byName = Collections.unmodifiableSortedMap(new TreeMap<>(byName));
  }

  /**
   * Annotations from their notation.
   *
   * @param layouts the notation of {@link Annotation} by the value's name
   * @return the annotations, each of priority 0
   * @throws IllegalArgumentException if a text is not in the notation
   */
  public static Annotations of(Map<String, String> layouts) {
    Map<String, Annotation> all = new TreeMap<>();
    layouts.forEach((name, layout) -> all.put(name, Annotation.parse(layout)));
    return new Annotations(all);
  }

  /**
   * The program with a {@link Movement.Annotate} after each named value. The readers of the value
   * read the annotated value, which takes the name. An input keeps its name, and its annotated
   * value is called {@code name.annotated}.
   *
   * @param program the program
   * @return the annotated program
   * @throws ProgramException if the program has no value with a name, or the value does not have a
   *     label of the annotation
   */
  public Program apply(Program program) {
    return AnnotationInsertion.run(program, byName);
  }

  /**
   * The program without its annotations. Annotations in bodies of loops and layouts of inputs stay.
   * An annotated value keeps its name.
   *
   * @param program the program
   * @return a program with the same results
   */
  public static Program none(Program program) {
    return AnnotationRemoval.run(program);
  }
}
