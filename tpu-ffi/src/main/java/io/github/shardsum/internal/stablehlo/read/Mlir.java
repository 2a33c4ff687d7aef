package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.mesh.MeshAxis;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The syntax tree of a module: its text in parts, before operations are understood. */
final class Mlir {
  private Mlir() {}

  /**
   * A module.
   *
   * @param name its name, without {@code @}
   * @param meshes the meshes of {@code sdy.mesh}, by name
   * @param functions its functions, by name
   */
  record Module(String name, Map<String, List<MeshAxis>> meshes, Map<String, Function> functions) {}

  /**
   * A function.
   *
   * @param line the line of its head
   * @param results attributes of each result
   * @param region arguments and operations
   */
  record Function(int line, String name, List<Map<String, Attribute>> results, Region region) {}

  /** The operations between a pair of braces; the last one returns. */
  record Region(List<Argument> arguments, List<Operation> body) {}

  /** A named value that a region takes. */
  record Argument(String name, Tensor type, Map<String, Attribute> attributes) {}

  /**
   * An operation.
   *
   * @param name such as {@code stablehlo.add}
   * @param results names of its results, {@code %0#1} for the second of several
   * @param types types of its results
   */
  record Operation(
      int line,
      String name,
      List<String> results,
      List<String> operands,
      Map<String, Attribute> attributes,
      List<Region> regions,
      List<Tensor> types) {
    Optional<Attribute> attribute(String key) {
      return Optional.ofNullable(attributes.get(key));
    }

    /** The integers of an attribute, none where it is left out. */
    List<Long> integers(String key) {
      return attribute(key).map(Attribute::integers).orElse(List.of());
    }

    /** The word or number of an attribute, empty where it is left out. */
    String word(String key) {
      return attribute(key).map(Attribute::word).orElse("");
    }

    /** An error at this operation. */
    IllegalArgumentException error(String message) {
      return new IllegalArgumentException("line " + line + ": " + name + ": " + message);
    }
  }

  /**
   * A type; one that is no tensor has its text as the element type.
   *
   * @param element such as {@code f32}
   */
  record Tensor(String element, List<Long> sizes) {
    int rank() {
      return sizes.size();
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("tensor<");
      sizes.forEach(size -> text.append(size).append('x'));
      return text.append(element).append('>').toString();
    }
  }

  /** A constant part of an operation. */
  sealed interface Attribute {
    /** The integers of a list or of a dense array, in order. */
    default List<Long> integers() {
      return switch (this) {
        case Word(String text) -> List.of(Long.parseLong(text));
        case Group(List<Attribute> items, _) ->
            items.stream().flatMap(item -> item.integers().stream()).toList();
        case Dense dense -> MlirLiterals.integers(dense);
      };
    }

    /** The text of a word. */
    default String word() {
      return this instanceof Word(String text) ? text : "";
    }

    /** The named parts of a group. */
    default Map<String, Attribute> named() {
      return this instanceof Group(_, Map<String, Attribute> named) ? named : Map.of();
    }

    /** The parts of a group that have no name. */
    default List<Attribute> items() {
      return this instanceof Group(List<Attribute> items, _) ? items : List.of();
    }
  }

  /** A number, a name, a flag or the text of a string. */
  record Word(String text) implements Attribute {}

  /** The parts between brackets, braces or angle brackets. */
  record Group(List<Attribute> items, Map<String, Attribute> named) implements Attribute {}

  /**
   * A dense array.
   *
   * @param text what is between {@code dense<} and {@code >}
   */
  record Dense(String text, Tensor type) implements Attribute {}
}
