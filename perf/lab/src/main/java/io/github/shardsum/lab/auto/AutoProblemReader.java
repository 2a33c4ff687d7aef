package io.github.shardsum.lab.auto;

import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.cli.common.JsonErrors;
import io.github.shardsum.cli.common.TextFiles;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a problem of the IOPDDL contest from JSON, token by token: a file of 100 MB is never in
 * memory as a whole, and equal matrices are kept once.
 */
final class AutoProblemReader implements AutoCloseable {
  private static final int GZIP = 0x8b1f;
  private static final int BUFFER = 1 << 16;

  private final JsonParser json;
  private final Map<Matrix, long[]> matrices = new HashMap<>();
  private long[] numbers = new long[1024];
  private Optional<List<long[]>> intervals = Optional.empty();
  private Optional<List<long[]>> costs = Optional.empty();
  private Optional<List<long[]>> usages = Optional.empty();
  private Optional<List<long[]>> ends = Optional.empty();
  private Optional<List<long[]>> edgeCosts = Optional.empty();
  private Optional<Long> limit = Optional.empty();

  private AutoProblemReader(InputStream in) {
    json = new JsonFactory().createParser(ObjectReadContext.empty(), in);
  }

  /**
   * Reads a problem.
   *
   * @param file JSON, or JSON compressed by gzip; {@code -} for standard input
   * @return the problem
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if the file is not a problem
   */
  static AssignmentProblem read(Path file) throws IOException {
    try (InputStream in = TextFiles.open(file)) {
      return read(in);
    } catch (JacksonException notJson) {
      if (notJson.getCause() instanceof IOException unread) {
        throw new IOException(file + ": " + unread.getMessage(), unread);
      }
      throw new IllegalArgumentException(file + ": " + JsonErrors.describe(notJson), notJson);
    } catch (EOFException | ZipException damaged) {
      throw new IOException(file + ": " + damaged.getMessage(), damaged);
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException(file + ": " + wrong.getMessage(), wrong);
    }
  }

  private static AssignmentProblem read(InputStream in) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
    buffered.mark(2);
    int magic = buffered.read() | buffered.read() << 8;
    buffered.reset();
    InputStream text = magic == GZIP ? new GZIPInputStream(buffered, BUFFER) : buffered;
    try (AutoProblemReader reader = new AutoProblemReader(text)) {
      return reader.problem();
    }
  }

  @Override
  public void close() {
    json.close();
  }

  private AssignmentProblem problem() {
    expect(json.nextToken(), JsonToken.START_OBJECT, "the file");
    boolean seen = false;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      if (name.equals("problem")) {
        require(!seen, "problem: must be given once, got twice");
        expect(value, JsonToken.START_OBJECT, "problem");
        members();
        seen = true;
      } else {
        json.skipChildren();
      }
    }
    require(json.nextToken() == null, "must be one object, got more after it");
    require(seen, "must have a member problem, got none");
    return build();
  }

  private void members() {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      switch (name) {
        case "nodes" -> {
          expect(value, JsonToken.START_OBJECT, name);
          nodes();
        }
        case "edges" -> {
          expect(value, JsonToken.START_OBJECT, name);
          edges();
        }
        case "usage_limit" -> limit = once(name, limit, number(value, name));
        default -> json.skipChildren();
      }
    }
  }

  private void nodes() {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      String path = "nodes." + name;
      JsonToken value = json.nextToken();
      switch (name) {
        case "intervals" -> intervals = once(path, intervals, lists(value, path));
        case "costs" -> costs = once(path, costs, lists(value, path));
        case "usages" -> usages = once(path, usages, lists(value, path));
        default -> json.skipChildren();
      }
    }
  }

  private void edges() {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      String path = "edges." + name;
      JsonToken value = json.nextToken();
      switch (name) {
        case "nodes" -> ends = once(path, ends, lists(value, path));
        case "costs" -> edgeCosts = once(path, edgeCosts, lists(value, path));
        default -> json.skipChildren();
      }
    }
  }

  private static <T> Optional<T> once(String path, Optional<T> before, T value) {
    require(before.isEmpty(), path + ": must be given once, got twice");
    return Optional.of(value);
  }

  private List<long[]> lists(JsonToken first, String path) {
    expect(first, JsonToken.START_ARRAY, path);
    List<long[]> lists = new ArrayList<>();
    JsonToken token = json.nextToken();
    while (token != JsonToken.END_ARRAY) {
      if (token != JsonToken.START_ARRAY) {
        expect(token, JsonToken.START_ARRAY, path + "[" + lists.size() + "]");
      }
      lists.add(list(path, lists.size()));
      token = json.nextToken();
    }
    return lists;
  }

  private long[] list(String path, int index) {
    int count = 0;
    JsonToken token = json.nextToken();
    while (token != JsonToken.END_ARRAY) {
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      if (token == JsonToken.VALUE_NUMBER_INT
          && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
        numbers[count++] = json.getLongValue();
      } else {
        numbers[count] = number(token, path + "[" + index + "][" + count + "]");
        count++;
      }
      token = json.nextToken();
    }
    return matrices.computeIfAbsent(new Matrix(Arrays.copyOf(numbers, count)), Matrix::numbers);
  }

  /** A whole number, also as 1e18. */
  private long number(JsonToken token, String path) {
    require(
        token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT,
        path + ": must be a number, got " + described(token));
    try {
      return json.getDecimalValue().longValueExact();
    } catch (ArithmeticException notWhole) {
      throw new IllegalArgumentException(
          path + ": must be a whole number below 2^63, got " + json.getString());
    }
  }

  private AssignmentProblem build() {
    List<long[]> nodeCosts = required(costs, "nodes.costs");
    List<long[]> nodeUsages = required(usages, "nodes.usages");
    List<long[]> spans = required(intervals, "nodes.intervals");
    List<long[]> pairs = required(ends, "edges.nodes");
    List<long[]> costsOfEdges = required(edgeCosts, "edges.costs");
    requireLength("nodes.usages", nodeUsages, nodeCosts, "nodes.costs");
    requireLength("nodes.intervals", spans, nodeCosts, "nodes.costs");
    requireLength("edges.costs", costsOfEdges, pairs, "edges.nodes");
    AssignmentProblem.Builder problem = AssignmentProblem.builder();
    for (int node = 0; node < spans.size(); node++) {
      long[] span = pair(spans.get(node), "nodes.intervals", node);
      problem.node(span[0], span[1], nodeCosts.get(node), nodeUsages.get(node));
    }
    for (int edge = 0; edge < pairs.size(); edge++) {
      long[] pair = pair(pairs.get(edge), "edges.nodes", edge);
      for (long end : pair) {
        require(
            0 <= end && end < spans.size(),
            "edges.nodes[" + edge + "]: must be nodes below " + spans.size() + ", got " + end);
      }
      problem.edge((int) pair[0], (int) pair[1], costsOfEdges.get(edge));
    }
    return problem.build(required(limit, "usage_limit"));
  }

  private static <T> T required(Optional<T> member, String path) {
    return member.orElseThrow(
        () -> new IllegalArgumentException("problem: must have a member " + path + ", got none"));
  }

  private static void requireLength(
      String path, List<long[]> lists, List<long[]> others, String otherPath) {
    require(
        lists.size() == others.size(),
        path + ": must have " + others.size() + " as in " + otherPath + ", got " + lists.size());
  }

  private static long[] pair(long[] numbers, String path, int index) {
    require(
        numbers.length == 2, path + "[" + index + "]: must have 2 numbers, got " + numbers.length);
    return numbers;
  }

  private static void expect(JsonToken token, JsonToken expected, String path) {
    require(
        token == expected, path + ": must be " + described(expected) + ", got " + described(token));
  }

  private static String described(JsonToken token) {
    if (token == null) {
      return "the end";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_STRING -> "a string";
      case VALUE_TRUE, VALUE_FALSE -> "a truth value";
      case VALUE_NULL -> "null";
      default -> "the end of it";
    };
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** The key of a matrix, equal for equal matrices. */
  private record Matrix(long[] numbers) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Matrix matrix && Arrays.equals(numbers, matrix.numbers);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(numbers);
    }
  }
}
