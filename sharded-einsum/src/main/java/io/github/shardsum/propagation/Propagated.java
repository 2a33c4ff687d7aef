package io.github.shardsum.propagation;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * A program with a layout for every value, and the reasons for the layouts; an immutable value.
 *
 * <p>Values of a loop's body are named {@code RESULT.body.VALUE}, where RESULT is the loop's first
 * result.
 *
 * @param program the program
 * @param mesh the devices
 * @param layouts the layout of every value, in the order of the program
 * @param reasons for every value one reason for each dimension
 * @param notes remarks for a reader, for example that there was no annotation
 */
public record Propagated(
    Program program,
    Mesh mesh,
    Map<String, Layout> layouts,
    Map<String, List<Reason>> reasons,
    List<String> notes) {
  /** Copies the maps. */
  public Propagated {
    layouts = Collections.unmodifiableMap(new LinkedHashMap<>(layouts));
    reasons = Collections.unmodifiableMap(new LinkedHashMap<>(reasons));
    notes = List.copyOf(notes);
  }

  /**
   * The layout of a value.
   *
   * @param value its name
   * @return the layout
   * @throws IllegalArgumentException if there is no such value
   */
  public Layout layout(String value) {
    Layout layout = layouts.get(value);
    if (layout == null) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "value: must be one of %s, got %s", layouts.keySet(), value));
    }
    return layout;
  }

  /**
   * The chain from a value to the annotation that caused its layout, with one line for each label.
   *
   * @param value its name
   * @return the chain, such as {@code h E@x <- E of einsum ... <- dispatched, annotated E@x}
   * @throws IllegalArgumentException if there is no such value
   */
  public String why(String value) {
    Layout layout = layout(value);
    StringJoiner text = new StringJoiner("\n");
    for (int dim = 0; dim < layout.rank(); dim++) {
      if (!(reason(value, dim) instanceof Reason.Unasked)) {
        text.add(
            value
                + " "
                + layout.term().axis(dim)
                + " <- "
                + String.join(" <- ", chain(value, dim)));
      }
    }
    return text.length() == 0 ? value + " is whole: no annotation reaches it" : text.toString();
  }

  private Reason reason(String value, int dim) {
    return Objects.requireNonNull(reasons.get(value), value).get(dim);
  }

  private List<String> chain(String value, int dim) {
    List<String> links = new ArrayList<>();
    String at = value;
    int label = dim;
    while (links.size() <= layouts.size()) {
      Reason reason = reason(at, label);
      Optional<Reason.Through> through =
          switch (reason) {
            case Reason.Annotated(String what) -> {
              links.add(what);
              yield Optional.empty();
            }
            case Reason.Unasked _ -> Optional.empty();
            case Reason.Through one -> Optional.of(one);
            case Reason.Chosen(Reason.Through taken, List<Reason.Alternative> others) -> {
              others.forEach(other -> links.add("(not " + other + ")"));
              yield Optional.of(taken);
            }
          };
      if (through.isEmpty()) {
        return links;
      }
      Reason.Through link = through.get();
      links.add(link.factor() + " of " + link.statement());
      links.add(link.value());
      at = link.value();
      label = layout(at).dim(link.label());
    }
    return links;
  }

  /**
   * Every value with its layout and the first link of its reasons.
   *
   * @return a table
   */
  public String explain() {
    StringBuilder text = new StringBuilder("mesh ").append(mesh.notation()).append('\n');
    notes.forEach(note -> text.append("note: ").append(note).append('\n'));
    int width = layouts.keySet().stream().mapToInt(String::length).max().orElse(0);
    layouts.forEach(
        (name, layout) -> {
          StringJoiner why = new StringJoiner("; ");
          for (int dim = 0; dim < layout.rank(); dim++) {
            if (!(reason(name, dim) instanceof Reason.Unasked)) {
              why.add(layout.term().axis(dim) + " <- " + chain(name, dim).getFirst());
            }
          }
          text.append(
              String.format(Locale.ROOT, "%-" + Math.max(1, width) + "s  %s", name, layout));
          text.append(why.length() == 0 ? "" : "    " + why).append('\n');
        });
    return text.toString();
  }

  /** The same text as {@link #explain()}. */
  @Override
  public String toString() {
    return explain();
  }
}
