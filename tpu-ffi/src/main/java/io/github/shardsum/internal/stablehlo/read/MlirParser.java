package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Argument;
import io.github.shardsum.internal.stablehlo.read.Mlir.Attribute;
import io.github.shardsum.internal.stablehlo.read.Mlir.Function;
import io.github.shardsum.internal.stablehlo.read.Mlir.Module;
import io.github.shardsum.internal.stablehlo.read.Mlir.Operation;
import io.github.shardsum.internal.stablehlo.read.Mlir.Region;
import io.github.shardsum.internal.stablehlo.read.Mlir.Tensor;
import io.github.shardsum.internal.stablehlo.read.Mlir.Word;
import io.github.shardsum.mesh.MeshAxis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the text of a module, in the short forms that StableHLO and Shardy print and in the generic
 * form of MLIR. Locations and attributes of the module are skipped.
 */
final class MlirParser {
  /** Regions inside of regions; JAX nests a few. */
  private static final int MOST_NESTED = 100;

  private final MlirCursor cursor;
  private final MlirAttributes attributes;
  private int depth;

  private MlirParser(String text) {
    cursor = new MlirCursor(text);
    attributes = new MlirAttributes(cursor);
  }

  static Module parse(String text) {
    return new MlirParser(text).module();
  }

  private Module module() {
    skipLocations();
    cursor.expect("module");
    String name = cursor.accept("@") ? symbol() : "module";
    if (cursor.accept("attributes")) {
      attributes.attribute();
    }
    cursor.expect("{");
    Map<String, List<MeshAxis>> meshes = new LinkedHashMap<>();
    Map<String, Function> functions = new LinkedHashMap<>();
    while (!cursor.accept("}")) {
      if (cursor.accept("sdy.mesh")) {
        cursor.expect("@");
        meshes.put(symbol(), mesh());
      } else {
        Function function = function();
        functions.put(function.name(), function);
      }
    }
    skipLocations();
    if (!cursor.atEnd()) {
      throw cursor.error("expected the end of the module");
    }
    return new Module(name, meshes, functions);
  }

  private void skipLocations() {
    while (cursor.peek() == '#' || cursor.sees("loc")) {
      if (cursor.accept("#")) {
        cursor.word();
        cursor.expect("=");
      }
      cursor.expect("loc");
      cursor.expect("(");
      cursor.balanced('(', ')');
    }
  }

  private void skipLocation() {
    if (cursor.accept("loc")) {
      cursor.expect("(");
      cursor.balanced('(', ')');
    }
  }

  private String symbol() {
    return cursor.peek() == '"' ? cursor.string() : cursor.word();
  }

  private List<MeshAxis> mesh() {
    cursor.expect("=");
    cursor.expect("<");
    cursor.expect("[");
    List<MeshAxis> axes = new ArrayList<>();
    while (!cursor.accept("]")) {
      String axis = cursor.string();
      cursor.expect("=");
      axes.add(new MeshAxis(axis, Integer.parseInt(cursor.word())));
      cursor.accept(",");
    }
    if (cursor.accept(",")) {
      throw cursor.error("a mesh of devices in another order than theirs is not read");
    }
    cursor.expect(">");
    if (cursor.peek() == '{') {
      attributes.attribute();
    }
    skipLocation();
    return axes;
  }

  private Function function() {
    int line = cursor.line();
    cursor.expect("func.func");
    if (!cursor.accept("public")) {
      cursor.accept("private");
    }
    cursor.expect("@");
    String name = symbol();
    cursor.expect("(");
    List<Argument> arguments = arguments();
    List<Map<String, Attribute>> results = new ArrayList<>();
    if (cursor.accept("->")) {
      boolean several = cursor.accept("(");
      do {
        if (several && cursor.sees(")")) {
          break;
        }
        type();
        results.add(cursor.peek() == '{' && several ? attributes.attribute().named() : Map.of());
      } while (several && cursor.accept(","));
      if (several) {
        cursor.expect(")");
      }
    }
    if (cursor.accept("attributes")) {
      attributes.attribute();
    }
    Region region = region(arguments);
    skipLocation();
    return new Function(line, name, results, region);
  }

  /** Arguments up to the closing parenthesis. */
  private List<Argument> arguments() {
    List<Argument> arguments = new ArrayList<>();
    while (!cursor.accept(")")) {
      cursor.expect("%");
      String name = "%" + cursor.word();
      cursor.expect(":");
      Tensor type = type();
      arguments.add(
          new Argument(
              name, type, cursor.peek() == '{' ? attributes.attribute().named() : Map.of()));
      skipLocation();
      cursor.accept(",");
    }
    return arguments;
  }

  /** A region between braces, which may name its arguments by {@code ^bb0(...):}. */
  private Region region(List<Argument> given) {
    if (++depth > MOST_NESTED) {
      throw cursor.error("regions must be nested at most " + MOST_NESTED + " deep");
    }
    cursor.expect("{");
    List<Argument> arguments = given;
    if (cursor.accept("^")) {
      cursor.word();
      arguments = cursor.accept("(") ? arguments() : List.of();
      cursor.expect(":");
    }
    List<Operation> body = new ArrayList<>();
    while (!cursor.accept("}")) {
      body.add(operation());
    }
    depth--;
    if (body.isEmpty()) {
      throw cursor.error("expected a region that returns before this");
    }
    return new Region(arguments, body);
  }

  private Operation operation() {
    int line = cursor.line();
    List<String> results = results();
    Operation read;
    if (cursor.peek() == '"') {
      read = generic(line, cursor.string(), results);
    } else {
      String name = cursor.word();
      read =
          switch (name) {
            case "stablehlo.constant" -> constant(line, name, results);
            case "stablehlo.while" -> loop(line, name, results);
            case "stablehlo.reduce" -> reduce(line, name, results);
            case "sdy.manual_computation" -> manual(line, name, results);
            default -> printed(line, name, results);
          };
    }
    skipLocation();
    return read;
  }

  /** The names left of {@code =}. */
  private List<String> results() {
    List<String> results = new ArrayList<>();
    while (cursor.accept("%")) {
      String name = "%" + cursor.word();
      if (cursor.accept(":")) {
        int count = Integer.parseInt(cursor.word());
        for (int i = 0; i < count; i++) {
          results.add(name + "#" + i);
        }
      } else {
        results.add(name);
      }
      if (!cursor.accept(",")) {
        cursor.expect("=");
      }
    }
    return results;
  }

  private String operand() {
    cursor.expect("%");
    String name = "%" + cursor.word();
    return cursor.next() == '#' && cursor.accept("#") ? name + "#" + cursor.word() : name;
  }

  private Operation constant(int line, String name, List<String> results) {
    Map<String, Attribute> held = new LinkedHashMap<>();
    if (cursor.peek() == '{') {
      held.putAll(attributes.attribute().named());
    }
    Attribute value = attributes.attribute();
    if (!(value instanceof Mlir.Dense dense)) {
      throw cursor.error("expected a dense constant before this");
    }
    held.put("value", value);
    return new Operation(line, name, results, List.of(), held, List.of(), List.of(dense.type()));
  }

  private Operation loop(int line, String name, List<String> results) {
    cursor.expect("(");
    List<String> names = new ArrayList<>();
    List<String> operands = new ArrayList<>();
    while (!cursor.accept(")")) {
      names.add(operand());
      cursor.expect("=");
      operands.add(operand());
      cursor.accept(",");
    }
    List<Tensor> types = resultTypes(operands.size());
    if (cursor.accept("attributes")) {
      attributes.attribute();
    }
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      arguments.add(new Argument(names.get(i), types.get(i), Map.of()));
    }
    cursor.expect("cond");
    Region condition = region(arguments);
    cursor.expect("do");
    List<Region> regions = List.of(condition, region(arguments));
    return new Operation(line, name, results, operands, Map.of(), regions, types);
  }

  private Operation reduce(int line, String name, List<String> results) {
    List<String> operands = new ArrayList<>();
    List<String> starts = new ArrayList<>();
    while (cursor.accept("(")) {
      operands.add(operand());
      cursor.expect("init");
      cursor.expect(":");
      starts.add(operand());
      cursor.expect(")");
      cursor.accept(",");
    }
    Map<String, Attribute> held = new LinkedHashMap<>();
    if (cursor.accept("applies")) {
      held.put("applies", new Word(cursor.word()));
    }
    cursor.expect("across");
    cursor.expect("dimensions");
    cursor.expect("=");
    held.put("dimensions", attributes.attribute());
    if (cursor.peek() == '{') {
      held.putAll(attributes.attribute().named());
    }
    List<Tensor> types = resultTypes(results.size());
    List<Region> regions = new ArrayList<>();
    if (cursor.accept("reducer")) {
      // Each pair of parentheses has an element of the left and of the right side.
      List<Argument> left = new ArrayList<>();
      List<Argument> right = new ArrayList<>();
      while (cursor.accept("(")) {
        List<Argument> pair = arguments();
        left.add(pair.getFirst());
        right.add(pair.getLast());
      }
      left.addAll(right);
      regions.add(region(left));
    }
    operands.addAll(starts);
    return new Operation(line, name, results, operands, held, regions, types);
  }

  private Operation manual(int line, String name, List<String> results) {
    List<String> operands = operands();
    Map<String, Attribute> held = new LinkedHashMap<>();
    while (cursor.peek() != '(') {
      String key = cursor.word();
      cursor.expect("=");
      held.put(key, attributes.attribute());
    }
    cursor.expect("(");
    List<Region> regions = List.of(region(arguments()));
    return new Operation(line, name, results, operands, held, regions, resultTypes(results.size()));
  }

  private List<String> operands() {
    cursor.expect("(");
    List<String> operands = new ArrayList<>();
    while (!cursor.accept(")")) {
      operands.add(operand());
      cursor.accept(",");
    }
    return operands;
  }

  /** {@code "name"(operands) <{properties}> ({regions}) {attributes} : type}. */
  private Operation generic(int line, String name, List<String> results) {
    List<String> operands = operands();
    Map<String, Attribute> held = new LinkedHashMap<>();
    if (cursor.accept("<")) {
      held.putAll(attributes.attribute().named());
      cursor.expect(">");
    }
    List<Region> regions = new ArrayList<>();
    if (cursor.accept("(")) {
      do {
        regions.add(region(List.of()));
      } while (cursor.accept(","));
      cursor.expect(")");
    }
    if (cursor.peek() == '{') {
      held.putAll(attributes.attribute().named());
    }
    return new Operation(line, name, results, operands, held, regions, resultTypes(results.size()));
  }

  /** The common short form: operands, words and {@code key = value} up to the types. */
  private Operation printed(int line, String name, List<String> results) {
    List<String> operands = new ArrayList<>();
    Map<String, Attribute> held = new LinkedHashMap<>();
    while (cursor.peek() != ':' && cursor.peek() != '}') {
      switch (cursor.peek()) {
        case '%' -> operands.add(operand());
        case ',', '(', ')' -> cursor.expect(String.valueOf(cursor.peek()));
        case '@' -> held.put("callee", attributes.attribute());
        case '"' -> held.put("name", attributes.attribute());
        case '{' -> held.putAll(attributes.attribute().named());
        case '<' -> held.put("sharding", attributes.attribute());
        case '[' -> held.put("ranges", attributes.ranges());
        default -> pair(held);
      }
    }
    List<Tensor> types = cursor.peek() == ':' ? resultTypes(results.size()) : List.of();
    return new Operation(line, name, results, operands, held, List.of(), types);
  }

  /** {@code key = value}, {@code key = left x right}, or a word, whose key is its number. */
  private void pair(Map<String, Attribute> held) {
    String key = cursor.word();
    if (!cursor.accept("=")) {
      held.put(Integer.toString(held.size()), new Word(key));
      return;
    }
    held.put(key, attributes.untyped());
    if (cursor.accept("x")) {
      held.put(key + " right", attributes.attribute());
    }
  }

  private Tensor type() {
    return attributes.type();
  }

  /** Types of results, after the colon: those behind an arrow, or the last ones. */
  private List<Tensor> resultTypes(int results) {
    cursor.expect(":");
    List<Tensor> types = types();
    if (cursor.accept("->")) {
      types = types();
    }
    if (types.size() < results) {
      throw cursor.error("expected " + results + " types before this");
    }
    return types.subList(types.size() - results, types.size());
  }

  private List<Tensor> types() {
    List<Tensor> types = new ArrayList<>();
    boolean several = cursor.accept("(");
    while (!(several && cursor.sees(")"))) {
      types.add(type());
      if (!cursor.accept(",")) {
        break;
      }
    }
    if (several) {
      cursor.expect(")");
    }
    return types;
  }
}
