import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Expands the kernel templates into Java sources; run by the build with the JDK's source launcher.
 *
 * <p>A template {@code Name.java.template} begins with one line for each variant, {@code //@
 * ClassName key=value key=value ...}. A value with blanks needs double quotes. {@code //@@
 * key=value ...} adds to the line above it, {@code //@* key=value ...} to all variants of the file,
 * and {@code //| TABLE key=value ...} is a row of a table. In the Java text that follows,
 *
 * <ul>
 *   <li>{@code ${key}} is replaced by the variant's value, {@code ${i*4+j}} by an integer
 *       expression of + - * / over keys and loop variables, left to right with * and / first;
 *   <li>{@code #for i N} ... {@code #end} repeats its body with i = 0..N-1, N an expression, which
 *       may have holes;
 *   <li>{@code #each TABLE} ... {@code #end} repeats its body with the keys of each row;
 *   <li>{@code #if key} ... {@code #end} keeps the body if the key exists and is not 0 or false;
 *       {@code #if key==value} keeps the body if the key or an expression with holes has that
 *       value; {@code #if !key} keeps the body where {@code #if key} does not.
 * </ul>
 *
 * <p>Usage: {@code java GenerateKernels.java TEMPLATE_DIR OUTPUT_DIR}. A file is rewritten only
 * when its text changes, so that incremental builds stay incremental.
 */
public final class GenerateKernels {
  private static final Pattern HOLE = Pattern.compile("\\$\\{([^{}]*)}");
  private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");
  private static final Pattern PAIR = Pattern.compile("([\\w.]+)=(\"([^\"]*)\"|\\S+)");

  private GenerateKernels() {}

  public static void main(String[] arguments) throws IOException {
    Path templates = Path.of(arguments[0]);
    Path output = Path.of(arguments[1]);
    List<Path> files = new ArrayList<>();
    try (Stream<Path> listed = Files.walk(templates)) {
      listed
          .filter(file -> file.toString().endsWith(".java.template"))
          .sorted()
          .forEach(files::add);
    }
    Set<Path> written = new HashSet<>();
    for (Path file : files) {
      written.addAll(expand(file, output));
    }
    deleteOthers(output, written);
  }

  /** Deletes the output of renamed templates, which would no longer compile. */
  private static void deleteOthers(Path output, Set<Path> written) throws IOException {
    List<Path> there;
    try (Stream<Path> listed = Files.walk(output)) {
      there = listed.filter(file -> file.toString().endsWith(".java")).toList();
    }
    for (Path file : there) {
      if (!written.contains(file)) {
        Files.delete(file);
      }
    }
  }

  private static List<Path> expand(Path template, Path output) throws IOException {
    List<Path> written = new ArrayList<>();
    Map<String, Map<String, String>> variants = new java.util.LinkedHashMap<>();
    Map<String, String> shared = new HashMap<>();
    Map<String, List<Map<String, String>>> tables = new HashMap<>();
    List<String> body = new ArrayList<>();
    Map<String, String> current = shared;
    for (String line : Files.readAllLines(template)) {
      if (line.startsWith("//@* ")) {
        readPairs(line, shared);
      } else if (line.startsWith("//@@ ")) {
        readPairs(line, current);
      } else if (line.startsWith("//@ ")) {
        String name = line.substring(4).split(" ", 2)[0];
        current = new HashMap<>(Map.of("CLASS", name));
        readPairs(line, current);
        variants.put(name, current);
      } else if (line.startsWith("//| ")) {
        current = new HashMap<>();
        readPairs(line, current);
        tables.computeIfAbsent(line.split(" ")[1], _ -> new ArrayList<>()).add(current);
      } else {
        body.add(line);
      }
    }
    for (Map.Entry<String, Map<String, String>> variant : variants.entrySet()) {
      Map<String, String> keys = new HashMap<>(shared);
      keys.putAll(variant.getValue());
      List<String> lines = new ArrayList<>();
      emit(body, 0, body.size(), keys, tables, lines, template);
      written.add(write(template, variant.getKey(), String.join("\n", lines) + "\n", output));
    }
    return written;
  }

  private static void readPairs(String line, Map<String, String> into) {
    Matcher pair = PAIR.matcher(line);
    while (pair.find()) {
      into.put(pair.group(1), pair.group(3) != null ? pair.group(3) : pair.group(2));
    }
  }

  private static void emit(
      List<String> body,
      int from,
      int to,
      Map<String, String> keys,
      Map<String, List<Map<String, String>>> tables,
      List<String> out,
      Path file) {
    for (int at = from; at < to; at++) {
      String line = body.get(at).strip();
      if (line.startsWith("#for ")) {
        int end = blockEnd(body, at, file);
        String[] words = line.split(" +", 3);
        long count = evaluate(fill(words[2], keys, file), keys, file);
        for (long i = 0; i < count; i++) {
          Map<String, String> inner = new HashMap<>(keys);
          inner.put(words[1], Long.toString(i));
          emit(body, at + 1, end, inner, tables, out, file);
        }
        at = end;
      } else if (line.startsWith("#each ")) {
        int end = blockEnd(body, at, file);
        for (Map<String, String> row : tables.get(line.substring(6).strip())) {
          Map<String, String> inner = new HashMap<>(keys);
          inner.putAll(row);
          emit(body, at + 1, end, inner, tables, out, file);
        }
        at = end;
      } else if (line.startsWith("#if ")) {
        int end = blockEnd(body, at, file);
        if (holds(fill(line.substring(4).strip(), keys, file), keys)) {
          emit(body, at + 1, end, keys, tables, out, file);
        }
        at = end;
      } else {
        out.add(fill(body.get(at), keys, file));
      }
    }
  }

  private static int blockEnd(List<String> body, int start, Path file) {
    Deque<Integer> open = new ArrayDeque<>();
    for (int at = start; at < body.size(); at++) {
      String line = body.get(at).strip();
      if (line.startsWith("#for ") || line.startsWith("#each ") || line.startsWith("#if ")) {
        open.push(at);
      } else if (line.equals("#end")) {
        open.pop();
        if (open.isEmpty()) {
          return at;
        }
      }
    }
    throw new IllegalArgumentException(file + ": expected #end for: " + body.get(start));
  }

  private static boolean holds(String condition, Map<String, String> keys) {
    int equals = condition.indexOf("==");
    if (equals >= 0) {
      String left = condition.substring(0, equals);
      return condition.substring(equals + 2).equals(keys.getOrDefault(left, left));
    }
    boolean negated = condition.startsWith("!");
    String value = keys.getOrDefault(negated ? condition.substring(1) : condition, "false");
    return negated == (value.equals("false") || value.equals("0"));
  }

  private static String fill(String line, Map<String, String> keys, Path file) {
    String text = line;
    // A value may itself have holes, so fill until none is left.
    for (Matcher hole = HOLE.matcher(text); hole.find(); hole = HOLE.matcher(text)) {
      String key = hole.group(1);
      String value = keys.containsKey(key) ? keys.get(key) : "" + evaluate(key, keys, file);
      text = text.substring(0, hole.start()) + value + text.substring(hole.end());
    }
    return text;
  }

  private static long evaluate(String expression, Map<String, String> keys, Path file) {
    int plus = Math.max(expression.lastIndexOf('+'), expression.lastIndexOf('-'));
    if (plus > 0) {
      long left = evaluate(expression.substring(0, plus), keys, file);
      long right = evaluate(expression.substring(plus + 1), keys, file);
      return expression.charAt(plus) == '+' ? left + right : left - right;
    }
    int times = Math.max(expression.lastIndexOf('*'), expression.lastIndexOf('/'));
    if (times > 0) {
      long left = evaluate(expression.substring(0, times), keys, file);
      long right = evaluate(expression.substring(times + 1), keys, file);
      return expression.charAt(times) == '*' ? left * right : left / right;
    }
    String atom = expression.strip();
    String value = keys.getOrDefault(atom, atom);
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(
          file + ": expected a key or an integer, got \"" + atom + "\"; keys " + keys.keySet());
    }
  }

  private static Path write(Path template, String name, String text, Path output)
      throws IOException {
    Matcher declared = PACKAGE.matcher(text);
    if (!declared.find()) {
      throw new IllegalArgumentException(template + ": expected a package declaration");
    }
    Path file = output.resolve(declared.group(1).replace('.', '/')).resolve(name + ".java");
    Files.createDirectories(file.getParent());
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
    return file;
  }
}
