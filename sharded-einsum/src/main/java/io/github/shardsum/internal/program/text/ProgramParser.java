package io.github.shardsum.internal.program.text;

import io.github.shardsum.internal.program.types.Identifiers;
import io.github.shardsum.internal.program.types.TypeInference;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the text of programs by recursive descent; not thread-safe. */
public final class ProgramParser {
  /**
   * The deepest nesting that is read: deeper than programs nest, and shallow enough for a thread's
   * stack.
   */
  private static final int MOST_NESTED = 100;

  /** The most characters of a line that an error shows. */
  private static final int LONGEST_LINE = 300;

  private final String text;
  private int at;
  private int depth;

  private ProgramParser(String text) {
    this.text = text;
  }

  /**
   * Reads the whole text as one program.
   *
   * @throws ProgramException if the text is not a valid program; the message names the line
   */
  public static Program parse(String text) {
    return new ProgramParser(text).program();
  }

  private Program program() {
    Program program = nested();
    skip();
    if (at < text.length()) {
      throw bad("expected the end of the text after the program");
    }
    return program;
  }

  private Program nested() {
    if (++depth > MOST_NESTED) {
      throw bad("programs in each other must be at most " + MOST_NESTED);
    }
    keyword("program");
    Body body = new Body(name());
    symbol('{');
    while (!accept('}')) {
      body.item();
    }
    depth--;
    return body.program();
  }

  /** The part of a program that has been read. */
  private final class Body {
    private final String name;
    private final Map<String, Value> known = new HashMap<>();
    private final List<Value> inputs = new ArrayList<>();
    private final List<Statement> statements = new ArrayList<>();
    private final List<Value> outputs = new ArrayList<>();

    Body(String name) {
      this.name = name;
    }

    Program program() {
      return new Program(name, inputs, statements, outputs);
    }

    void item() {
      int start = at;
      String word = name();
      if (word.equals("input") && !isResult()) {
        String input = name();
        symbol(':');
        inputs.add(define(start, new Value(input, type())));
      } else if (word.equals("output") && !isResult()) {
        do {
          outputs.add(value());
        } while (accept(','));
      } else {
        at = start;
        statement();
      }
    }

    /** Whether the word that was just read is a result's name, not a keyword. */
    private boolean isResult() {
      return peek(':') || peek('=') || peek(',');
    }

    private Value define(int place, Value value) {
      if (known.putIfAbsent(value.name(), value) != null) {
        throw badAt(place, "names must be distinct, got " + value.name() + " again");
      }
      return value;
    }

    private Value value() {
      String name = name();
      Value value = known.get(name);
      if (value == null) {
        throw bad("expected a value defined above, got " + name);
      }
      return value;
    }

    private void statement() {
      List<String> names = new ArrayList<>();
      List<Optional<ValueType>> types = new ArrayList<>();
      do {
        names.add(name());
        types.add(accept(':') ? Optional.of(type()) : Optional.empty());
      } while (accept(','));
      symbol('=');
      int line = at;
      List<Value> results = new ArrayList<>();
      Operation operation = operation();
      List<ValueType> inferred = located(line, () -> TypeInference.infer(operation));
      if (inferred.size() != names.size()) {
        throw badAt(
            line,
            OperationPrinter.mnemonic(operation)
                + " has "
                + inferred.size()
                + " results, got "
                + names.size());
      }
      for (int i = 0; i < names.size(); i++) {
        ValueType type = inferred.get(i);
        if (!types.get(i).orElse(type).equals(type)) {
          throw badAt(
              line, names.get(i) + " is " + type + ", but the text says " + types.get(i).get());
        }
        results.add(define(line, new Value(names.get(i), type)));
      }
      statements.add(new Statement(results, operation));
    }

    private Operation operation() {
      int start = at;
      String mnemonic = name();
      List<Value> operands = new ArrayList<>();
      // An operation without operands may leave out the parentheses: constant {...}.
      if (!peek('{')) {
        symbol('(');
        if (!accept(')')) {
          do {
            operands.add(value());
          } while (accept(','));
          symbol(')');
        }
      }
      Map<String, AttributeText> attributes = accept('{') ? attributes() : Map.of();
      return located(start, () -> new OperationParser(mnemonic, operands, attributes).read());
    }
  }

  /** Runs a parser that may find an error, and adds the place to the error. */
  private <T> T located(int start, java.util.function.Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException bad) {
      ProgramException located = badAt(start, String.valueOf(bad.getMessage()));
      located.initCause(bad);
      throw located;
    }
  }

  private Map<String, AttributeText> attributes() {
    Map<String, AttributeText> attributes = new LinkedHashMap<>();
    if (accept('}')) {
      return attributes;
    }
    do {
      String key = word();
      symbol('=');
      if (attributes.put(key, attribute()) != null) {
        throw bad("attributes must be distinct, got " + key + " again");
      }
    } while (accept(','));
    symbol('}');
    return attributes;
  }

  private AttributeText attribute() {
    if (peek('"')) {
      return new AttributeText.Text(quoted());
    }
    if (accept('[')) {
      List<String> values = new ArrayList<>();
      if (!accept(']')) {
        do {
          values.add(quoted());
        } while (accept(','));
        symbol(']');
      }
      return new AttributeText.Texts(values);
    }
    int start = at;
    String word = word();
    boolean nested = word.equals("program") && !peek(',') && !peek('}');
    if (nested) {
      at = start;
      return new AttributeText.Nested(nested());
    }
    return new AttributeText.Word(word);
  }

  private String quoted() {
    symbol('"');
    StringBuilder value = new StringBuilder();
    for (; at < text.length() && text.charAt(at) != '"'; at++) {
      char c = text.charAt(at);
      if (c == '\\' && at + 1 < text.length()) {
        at++;
        value.append(text.charAt(at) == 'n' ? '\n' : text.charAt(at));
      } else {
        value.append(c);
      }
    }
    if (at == text.length()) {
      throw bad("expected a closing quote");
    }
    at++;
    return value.toString();
  }

  private ValueType type() {
    skip();
    int start = at;
    int end = text.indexOf(']', at);
    if (end < 0) {
      throw bad("expected a type as f32[G=2 S=8]");
    }
    at = end + 1;
    return located(start, () -> ValueType.parse(text.substring(start, end + 1)));
  }

  private String name() {
    int start = at;
    String word = word();
    if (!Value.isName(word)) {
      at = start;
      throw bad("expected a name, got \"" + word + "\"");
    }
    return word;
  }

  /** Letters, digits, and the other characters of numbers. */
  private String word() {
    skip();
    int start = at;
    while (at < text.length() && Identifiers.isWordCharacter(text.charAt(at))) {
      at++;
    }
    if (start == at) {
      throw bad("expected a word");
    }
    return text.substring(start, at);
  }

  private void keyword(String expected) {
    skip();
    int start = at;
    if (at == text.length()
        || !Identifiers.isWordCharacter(text.charAt(at))
        || !expected.equals(word())) {
      at = start;
      throw bad("expected " + expected + (at == text.length() ? ", got the end of the text" : ""));
    }
  }

  private boolean peek(char c) {
    skip();
    return at < text.length() && text.charAt(at) == c;
  }

  private boolean accept(char c) {
    boolean there = peek(c);
    at += there ? 1 : 0;
    return there;
  }

  private void symbol(char c) {
    if (!accept(c)) {
      throw bad("expected '" + c + "'");
    }
  }

  private void skip() {
    while (at < text.length()) {
      if (text.charAt(at) == '#') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else {
        return;
      }
    }
  }

  private ProgramException badAt(int place, String message) {
    at = place;
    skip();
    return bad(message);
  }

  private ProgramException bad(String message) {
    int place = Math.min(at, text.length());
    long line = 1 + text.substring(0, place).chars().filter(c -> c == '\n').count();
    int begin = text.lastIndexOf('\n', place - 1) + 1;
    int next = text.indexOf('\n', place);
    int end = next < 0 ? text.length() : next;
    String there = around(place, begin, end);
    return ProgramException.at("line " + line + (there.isEmpty() ? "" : ": " + there), message);
  }

  /**
   * A line of the text; a long line, such as a program on one line, is cut to the text around a
   * place.
   */
  private String around(int place, int begin, int end) {
    int from = Math.max(begin, Math.min(place - LONGEST_LINE / 2, end - LONGEST_LINE));
    int to = Math.min(end, from + LONGEST_LINE);
    return (from > begin ? "... " : "")
        + text.substring(from, to).strip()
        + (to < end ? " ..." : "");
  }
}
