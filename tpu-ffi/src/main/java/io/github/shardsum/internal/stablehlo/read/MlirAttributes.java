package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Attribute;
import io.github.shardsum.internal.stablehlo.read.Mlir.Dense;
import io.github.shardsum.internal.stablehlo.read.Mlir.Group;
import io.github.shardsum.internal.stablehlo.read.Mlir.Tensor;
import io.github.shardsum.internal.stablehlo.read.Mlir.Word;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads attributes and types. */
final class MlirAttributes {
  private static final int MOST_NESTED = 100;

  private final MlirCursor cursor;
  private int depth;

  MlirAttributes(MlirCursor cursor) {
    this.cursor = cursor;
  }

  Attribute attribute() {
    if (++depth > MOST_NESTED) {
      throw cursor.error("attributes must be nested at most " + MOST_NESTED + " deep");
    }
    Attribute read =
        switch (cursor.peek()) {
          case '"' -> new Word(cursor.string() + subAxis());
          case '[' -> group("[", "]");
          case '{' -> group("{", "}");
          case '<' -> group("<", ">");
          case '?' -> mark("?");
          case '@' -> symbol();
          case '#', '!' -> dialect();
          default -> word();
        };
    depth--;
    return read;
  }

  private Word mark(String token) {
    cursor.expect(token);
    return new Word(token);
  }

  /** The part of a mesh axis in Shardy's dialect, such as {@code :(1)2}. */
  private String subAxis() {
    if (cursor.next() != ':') {
      return "";
    }
    cursor.expect(":");
    cursor.expect("(");
    return ":(" + cursor.balanced('(', ')') + ")" + cursor.word();
  }

  private Word symbol() {
    cursor.expect("@");
    return new Word("@" + (cursor.peek() == '"' ? cursor.string() : cursor.word()));
  }

  /** {@code #dialect.name<...>}: the group, or the name where there is none. */
  private Attribute dialect() {
    String mark = cursor.peek() == '#' ? "#" : "!";
    cursor.expect(mark);
    String name = cursor.word();
    return cursor.peek() == '<' ? group("<", ">") : new Word(mark + name);
  }

  private Group group(String open, String close) {
    cursor.expect(open);
    List<Attribute> items = new ArrayList<>();
    Map<String, Attribute> named = new LinkedHashMap<>();
    while (!cursor.accept(close)) {
      Attribute item = attribute();
      if (item instanceof Word(String key) && cursor.accept("=")) {
        named.put(key, attribute());
      } else {
        items.add(item);
      }
      cursor.accept(",");
    }
    if (cursor.next() == 'p') {
      named.put("priority", new Word(cursor.word().substring(1)));
    }
    return new Group(List.copyOf(items), named);
  }

  private Attribute word() {
    if (cursor.sees("tensor")) {
      return new Word(type().toString());
    }
    String word = cursor.word();
    return switch (word) {
      case "dense" -> {
        cursor.expect("<");
        String text = cursor.balanced('<', '>');
        cursor.expect(":");
        yield new Dense(text, type());
      }
      case "array" -> {
        cursor.expect("<");
        cursor.word();
        List<Attribute> items = new ArrayList<>();
        cursor.accept(":");
        while (!cursor.accept(">")) {
          items.add(new Word(cursor.word()));
          cursor.accept(",");
        }
        yield new Group(items, Map.of());
      }
      default -> {
        if (cursor.accept(":")) {
          type();
        }
        yield new Word(word);
      }
    };
  }

  /** An attribute that is not followed by its type, but perhaps by that of the operation. */
  Attribute untyped() {
    char first = cursor.peek();
    boolean number = Character.isLetterOrDigit(first) || first == '-';
    boolean array = cursor.sees("dense") || cursor.sees("array");
    return number && !array ? new Word(cursor.word()) : attribute();
  }

  /** The ranges of a slice, such as {@code [1:4, 0:4:2]}: three numbers each. */
  Attribute ranges() {
    cursor.expect("[");
    List<Attribute> numbers = new ArrayList<>();
    while (!cursor.accept("]")) {
      numbers.add(new Word(cursor.word()));
      cursor.expect(":");
      numbers.add(new Word(cursor.word()));
      numbers.add(new Word(cursor.accept(":") ? cursor.word() : "1"));
      cursor.accept(",");
    }
    return new Group(numbers, Map.of());
  }

  /** A type; for one that is no tensor its text is the element type. */
  Tensor type() {
    if (!cursor.accept("tensor")) {
      String name = cursor.accept("!") ? "!" + cursor.word() : cursor.word();
      if (cursor.next() == '<') {
        cursor.expect("<");
        cursor.balanced('<', '>');
      }
      return new Tensor(name, List.of());
    }
    cursor.expect("<");
    String text = cursor.balanced('<', '>');
    List<Long> sizes = new ArrayList<>();
    String rest = text;
    while (!rest.isEmpty() && Character.isDigit(rest.charAt(0))) {
      int end = rest.indexOf('x');
      if (end < 0) {
        throw cursor.error("expected a tensor's element type before this");
      }
      sizes.add(Long.parseLong(rest.substring(0, end)));
      rest = rest.substring(end + 1);
    }
    if (rest.startsWith("?")) {
      throw cursor.error("sizes must be static, got tensor<" + text + "> before this");
    }
    return new Tensor(rest, sizes);
  }
}
