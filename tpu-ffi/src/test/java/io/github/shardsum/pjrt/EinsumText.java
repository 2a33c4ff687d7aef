package io.github.shardsum.pjrt;

import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An einsum of two operands as StableHLO text: a dot_general, and a transpose of its result.
 *
 * @param left labels
 * @param right labels
 * @param out labels
 * @param sizes of the labels
 * @param devices of the one axis of the mesh; 1 for no mesh
 */
record EinsumText(
    List<Label> left, List<Label> right, List<Label> out, Map<String, Long> sizes, int devices) {
  /** A label, and whether the mesh's axis splits it. */
  record Label(String name, boolean split) {
    static Label of(String token) {
      return token.endsWith("@x")
          ? new Label(token.substring(0, token.length() - 2), true)
          : new Label(token, false);
    }
  }

  /** An equation in the spaced form, as {@code G@x S E C, G@x S M -> E@x G C M}. */
  static EinsumText of(String equation, Map<String, Long> sizes, int devices) {
    String[] sides = equation.split("->", -1);
    String[] operands = sides[0].split(",", -1);
    return new EinsumText(
        labels(operands[0]), labels(operands[1]), labels(sides[1]), sizes, devices);
  }

  private static List<Label> labels(String term) {
    return Arrays.stream(term.strip().split(" ", -1)).map(Label::of).toList();
  }

  /** The equation as einsum-core reads it. */
  String equation() {
    return letters(left) + "," + letters(right) + "->" + letters(out);
  }

  private static String letters(List<Label> labels) {
    return labels.stream().map(Label::name).collect(Collectors.joining());
  }

  Shape shape(List<Label> labels) {
    return Shape.of(labels.stream().mapToLong(label -> sizes.get(label.name())).toArray());
  }

  /** How a value of these labels lies on the devices. */
  Sharding sharding(List<Label> labels) {
    if (labels.stream().noneMatch(Label::split)) {
      return Sharding.replicated(devices);
    }
    List<Integer> tiles = labels.stream().map(label -> label.split() ? devices : 1).toList();
    return new Sharding(tiles, IntStream.range(0, devices).mapToObj(List::of).toList());
  }

  String module() {
    List<String> l = names(left);
    List<String> r = names(right);
    List<String> o = names(out);
    List<String> batch = l.stream().filter(r::contains).filter(o::contains).toList();
    List<String> contracted =
        l.stream().filter(r::contains).filter(Predicate.not(o::contains)).toList();
    List<String> dotted = new ArrayList<>(batch);
    l.stream().filter(Predicate.not(r::contains)).forEach(dotted::add);
    r.stream().filter(Predicate.not(l::contains)).forEach(dotted::add);
    String mesh = devices == 1 ? "" : "  sdy.mesh @mesh = <[\"x\"=" + devices + "]>\n";
    return String.format(
        Locale.ROOT,
        """
        module @einsum {
        %s  func.func public @main(%%a: %s%s, %%b: %s%s) -> (%s%s) {
            %%0 = stablehlo.dot_general %%a, %%b, batching_dims = %s x %s, contracting_dims = %s x %s : (%s, %s) -> %s
            %%1 = stablehlo.transpose %%0, dims = %s : (%s) -> %s
            return %%1 : %s
          }
        }
        """,
        mesh,
        type(l),
        annotation(left),
        type(r),
        annotation(right),
        type(o),
        annotation(out),
        places(batch, l),
        places(batch, r),
        places(contracted, l),
        places(contracted, r),
        type(l),
        type(r),
        type(dotted),
        places(o, dotted),
        type(dotted),
        type(o),
        type(o));
  }

  private static List<String> names(List<Label> labels) {
    return labels.stream().map(Label::name).toList();
  }

  private String type(List<String> names) {
    return names.stream()
        .map(name -> sizes.get(name) + "x")
        .collect(Collectors.joining("", "tensor<", "f32>"));
  }

  private String annotation(List<Label> labels) {
    return devices == 1
        ? ""
        : labels.stream()
            .map(label -> label.split() ? "{\"x\"}" : "{}")
            .collect(Collectors.joining(", ", " {sdy.sharding = #sdy.sharding<@mesh, [", "]>}"));
  }

  private static String places(List<String> names, List<String> in) {
    return names.stream().map(in::indexOf).toList().toString();
  }
}
