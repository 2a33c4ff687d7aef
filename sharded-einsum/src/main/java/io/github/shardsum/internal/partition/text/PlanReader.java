package io.github.shardsum.internal.partition.text;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.CompositeParts.Place;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads the JSON that {@link PlanWriter} writes. Every member must be known and occur once. The
 * checker decides whether the plan is right.
 */
public final class PlanReader {
  /** The most devices of a device order. */
  private static final int MOST_DEVICES = 1 << 24;

  private PlanReader() {}

  /**
   * The plan of a text.
   *
   * @param json the JSON of {@link PlanJson}: an object whose member {@code plan} is the plan
   * @throws IllegalArgumentException if the text is not such an object; the message names the place
   */
  public static SpmdPlan read(String json) {
    Map<String, Json> file = new Node("plan", Json.parse(json)).members();
    Json plan = file.get("plan");
    if (plan == null) {
      throw new IllegalArgumentException(
          "plan: expected an object with a member \"plan\", as plan --json prints, got none");
    }
    Node node = new Node("plan", plan);
    Mesh mesh = node.reads(() -> mesh(node));
    SumOrder sums =
        node.optional("leaf")
            .map(leaf -> leaf.reads(() -> new SumOrder(Math.toIntExact(leaf.number()))))
            .orElse(SumOrder.FASTEST);
    return parts(node, mesh, Set.of("mesh", "deviceOrder", "leaf")).withSums(sums);
  }

  private static Mesh mesh(Node node) {
    Mesh mesh = Mesh.parse(node.text("mesh"));
    Optional<Node> order = node.optional("deviceOrder");
    if (order.isEmpty()) {
      return mesh;
    }
    List<Integer> devices = order.get().numbers(MOST_DEVICES);
    return mesh.withDevices(devices.stream().mapToInt(device -> device).toArray());
  }

  private static SpmdPlan parts(Node node, Mesh mesh, Set<String> more) {
    Set<String> known = new LinkedHashSet<>(Set.of("inputs", "steps", "outputs"));
    known.addAll(more);
    node.checkKnown(known);
    List<PlannedValue> inputs = node.list("inputs", each -> value(each, mesh));
    List<PlanStep> steps = node.list("steps", each -> step(each, mesh));
    List<Integer> outputs = node.child("outputs").numbers(Integer.MAX_VALUE);
    return node.reads(() -> new SpmdPlan(mesh, inputs, steps, outputs));
  }

  private static PlannedValue value(Node node, Mesh mesh) {
    node.checkKnown(Set.of("name", "dtype", "shape", "layout"));
    long[] shape = node.child("shape").elements().stream().mapToLong(Node::number).toArray();
    return node.reads(
        () ->
            new PlannedValue(
                node.text("name"),
                DType.parse(node.text("dtype")),
                Shape.of(shape),
                Layout.parse(mesh, node.text("layout"))));
  }

  private static PlanStep step(Node node, Mesh mesh) {
    Set<String> known =
        new LinkedHashSet<>(Set.of("action", "operands", "results", "because", "runnerUp"));
    Action action = node.reads(() -> action(node, mesh, known));
    node.checkKnown(known);
    List<Integer> operands = node.child("operands").numbers(Integer.MAX_VALUE);
    List<PlannedValue> results = node.list("results", each -> value(each, mesh));
    Optional<Origin.Alternative> lost =
        node.optional("runnerUp")
            .map(
                way -> {
                  String cost = way.optional("seconds").isPresent() ? "seconds" : "cost";
                  way.checkKnown(Set.of("steps", cost));
                  return new Origin.Alternative(
                      way.text("steps"), way.decimal(cost), cost.equals("seconds"));
                });
    Origin origin = new Origin(node.text("because"), lost);
    return node.reads(() -> new PlanStep(action, operands, results, origin));
  }

  private static Action action(Node node, Mesh mesh, Set<String> known) {
    String action = node.text("action");
    return switch (action) {
      case "slice" -> new Action.Slice(node.text("label", known), node.axes(known));
      case "all-gather" -> new Action.AllGather(node.text("label", known), node.axes(known));
      case "all-reduce" -> new Action.AllReduce(node.axes(known), kind(node.text("by", known)));
      case "reduce-scatter" ->
          new Action.ReduceScatter(node.text("label", known), node.axes(known));
      case "all-to-all" ->
          new Action.AllToAll(node.text("from", known), node.text("to", known), node.axes(known));
      case "collective-permute" -> new Action.CollectivePermute(node.axes(known));
      case "exchange" -> new Action.Exchange(node.text("label", known), node.axes(known));
      case "statement" -> new Action.Apply(statement(node, known));
      case "neighbours" -> {
        known.add("exchanged");
        List<Integer> exchanged = node.child("exchanged").numbers(Integer.MAX_VALUE);
        yield new Action.Neighbour(statement(node, known), node.axes(known), exchanged);
      }
      case "partitioned" -> {
        known.addAll(Set.of("buffers", "parts"));
        List<Buffer> buffers = node.list("buffers", PlanReader::buffer);
        List<Part> parts = node.list("parts", PlanReader::part);
        yield new Action.Partitioned(statement(node, known), new CompositeParts(buffers, parts));
      }
      case "communication" -> new Action.Communicate(statement(node, known));
      case "loop", "region" -> {
        known.add("body");
        SpmdPlan body = parts(node.child("body"), mesh, Set.of());
        yield new Action.Loop(statement(node, known), body);
      }
      case "start" -> {
        known.add("collective");
        Node started = node.child("collective");
        Set<String> inner = new LinkedHashSet<>(Set.of("action"));
        Action collective = started.reads(() -> action(started, mesh, inner));
        started.checkKnown(inner);
        yield new Action.Start(collective);
      }
      case "await" -> new Action.Await();
      case "windows" -> {
        known.addAll(Set.of("operand", "rings"));
        Node operand = node.child("operand");
        int place =
            operand.json() instanceof Json.Text(String word) && word.equals("result")
                ? -1
                : Math.toIntExact(operand.number());
        List<Action.Ring> rings = node.list("rings", each -> ring(each.text()));
        yield new Action.Windows(
            statement(node, known), place, node.text("label", known), node.axes(known), rings);
      }
      default -> throw new IllegalArgumentException("expected an action, got \"" + action + "\"");
    };
  }

  private static Buffer buffer(Node node) {
    node.checkKnown(Set.of("name", "dtype", "labels", "extents"));
    return node.reads(
        () ->
            new Buffer(
                node.text("name"),
                DType.parse(node.text("dtype")),
                node.list("labels", Node::text),
                node.list("extents", each -> each.reads(() -> extent(each.text())))));
  }

  private static Extent extent(String text) {
    List<String> words = List.of(text.split(" ", -1));
    int over = words.indexOf("over");
    List<String> axes = over < 0 ? List.of() : words.subList(over + 1, words.size());
    return switch (words.getFirst()) {
      case "local" -> local(words.subList(1, words.size()), text);
      case "bounded" -> {
        int by = words.indexOf("by");
        require(by > 1 && over == by + 2, text);
        yield new Extent.Bounded(
            local(words.subList(1, by), text), axes, Double.parseDouble(words.get(by + 1)));
      }
      case "members" -> new Extent.Members(axes);
      case "fixed" -> new Extent.Fixed(size(words, text));
      case "chunk" -> new Extent.Chunk(size(words, text), axes);
      default -> throw notExtent(text);
    };
  }

  private static Extent.Local local(List<String> words, String text) {
    require(!words.isEmpty() && words.getFirst().matches("[0-9]{1,6}"), text);
    return new Extent.Local(Integer.parseInt(words.getFirst()), words.subList(1, words.size()));
  }

  private static long size(List<String> words, String text) {
    require(words.size() > 1 && words.get(1).matches("[0-9]{1,18}"), text);
    return Long.parseLong(words.get(1));
  }

  private static void require(boolean fits, String text) {
    if (!fits) {
      throw notExtent(text);
    }
  }

  private static IllegalArgumentException notExtent(String text) {
    return new IllegalArgumentException(
        "expected an extent as \"local 2 G S\", \"bounded 2 G S by 2.0 over x\","
            + " \"members over x\","
            + " \"fixed 8\" or \"chunk 32 over m\", got \""
            + text
            + "\"");
  }

  private static Part part(Node node) {
    Set<String> known = new LinkedHashSet<>(Set.of("part"));
    Part part = node.reads(() -> part(node, known));
    node.checkKnown(known);
    return part;
  }

  private static Part part(Node node, Set<String> known) {
    String part = node.text("part");
    return switch (part) {
      case "run" -> {
        known.addAll(Set.of("attributes", "reads", "writes"));
        Node given = node.child("attributes");
        SortedMap<String, String> attributes = new TreeMap<>();
        given.members().keySet().forEach(name -> attributes.put(name, given.text(name)));
        yield new Part.Run(
            node.text("composite", known),
            attributes,
            node.list("reads", each -> Place.parse(each.text())),
            node.list("writes", each -> Place.parse(each.text())),
            piece(node, known));
      }
      case "swap" -> new Part.Swap(node.axes(known), in(node, "x", known), in(node, "out", known));
      case "agree" -> new Part.Agree(node.axes(known), in(node, "counts", known));
      case "rows" ->
          new Part.Rows(
              node.axes(known),
              in(node, "sends", known),
              in(node, "receives", known),
              in(node, "x", known),
              in(node, "out", known),
              piece(node, known));
      case "overlapped" -> {
        known.addAll(Set.of("rows", "run"));
        yield new Part.Overlapped(
            node.list("rows", each -> part(each, Part.Rows.class)),
            part(node.child("run"), Part.Run.class));
      }
      case "reduce" -> {
        known.add("scatter");
        OptionalInt scatter =
            node.optional("scatter")
                .map(dim -> OptionalInt.of(Math.toIntExact(dim.number())))
                .orElse(OptionalInt.empty());
        yield new Part.Reduce(
            node.axes(known),
            in(node, "counts", known),
            scatter,
            in(node, "x", known),
            in(node, "out", known),
            piece(node, known));
      }
      default -> throw new IllegalArgumentException("expected a part, got \"" + part + "\"");
    };
  }

  private static Place.InBuffer in(Node node, String name, Set<String> known) {
    return new Place.InBuffer(node.text(name, known));
  }

  private static <T extends Part> T part(Node node, Class<T> kind) {
    Part part = part(node);
    if (!kind.isInstance(part)) {
      throw new IllegalArgumentException(
          "overlapped parts: expected rows that travel and a run, got " + part);
    }
    return kind.cast(part);
  }

  /** A piece, such as {@code [0, 4]}; the whole if this member is missing. */
  private static Piece piece(Node node, Set<String> known) {
    known.add("piece");
    Optional<Node> given = node.optional("piece");
    if (given.isEmpty()) {
      return Piece.WHOLE;
    }
    List<Integer> numbers = given.get().numbers(Integer.MAX_VALUE);
    if (numbers.size() != 2) {
      throw new IllegalArgumentException("piece: expected [index, count], got " + numbers);
    }
    return new Piece(numbers.getFirst(), numbers.getLast());
  }

  /** A ring, such as {@code +1 all}. */
  private static Action.Ring ring(String text) {
    for (Action.Share share : Action.Share.values()) {
      String name = " " + share.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      if (text.endsWith(name) && text.matches("[+-][0-9]{1,6} .*")) {
        return new Action.Ring(
            Integer.parseInt(text.substring(0, text.length() - name.length())), share);
      }
    }
    throw new IllegalArgumentException(
        "expected a ring as \"+1 all\", \"+1 larger half\" or \"-1 smaller half\", got \""
            + text
            + "\"");
  }

  private static ReduceKind kind(String name) {
    for (ReduceKind kind : ReduceKind.values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("expected a kind of reduction, got \"" + name + "\"");
  }

  /** Parses the statement as a program of one statement. */
  private static Statement statement(Node node, Set<String> known) {
    known.addAll(Set.of("reads", "statement"));
    StringBuilder program = new StringBuilder("program statement {\n");
    for (Node read : node.child("reads").elements()) {
      program.append("input ").append(read.text()).append('\n');
    }
    String line = node.text("statement");
    String result = line.substring(0, Math.max(0, line.indexOf(':')));
    program.append(line).append("\noutput ").append(result).append("\n}\n");
    List<Statement> statements = Program.parse(program.toString()).statements();
    if (statements.size() != 1) {
      throw new IllegalArgumentException(
          "expected one statement, got " + statements.size() + " in \"" + line + "\"");
    }
    return statements.getFirst();
  }

  /** A value of JSON and its place. */
  private record Node(String place, Json json) {
    private IllegalArgumentException expected(String what) {
      String got =
          switch (json) {
            case Json.Members _ -> "an object";
            case Json.Elements _ -> "an array";
            case Json.Text(String text) -> Json.quoted(shortened(text));
            case Json.Digits(String digits) -> shortened(digits);
            case Json.Word(String word) -> word;
          };
      return new IllegalArgumentException(
          String.format(Locale.ROOT, "%s: expected %s, got %s", place, what, got));
    }

    private static String shortened(String text) {
      return text.length() > 80 ? text.substring(0, 80) + "..." : text;
    }

    /** Adds the place of the node to the error of an invalid value. */
    <T> T reads(Supplier<T> made) {
      try {
        return made.get();
      } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException bad) {
        String message = String.valueOf(bad.getMessage());
        throw new IllegalArgumentException(
            message.startsWith("plan") && message.contains(": ") ? message : place + ": " + message,
            bad);
      }
    }

    Map<String, Json> members() {
      if (json instanceof Json.Members(Map<String, Json> members)) {
        return members;
      }
      throw expected("an object");
    }

    void checkKnown(Set<String> known) {
      for (String name : members().keySet()) {
        if (!known.contains(name)) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "%s: expected members of %s, got %s",
                  place,
                  known.stream().sorted().toList(),
                  Json.quoted(shortened(name))));
        }
      }
    }

    Optional<Node> optional(String name) {
      return Optional.ofNullable(members().get(name))
          .map(json -> new Node(place + "." + name, json));
    }

    Node child(String name) {
      return optional(name).orElseThrow(() -> expected("a member " + Json.quoted(name)));
    }

    List<Node> elements() {
      if (!(json instanceof Json.Elements(List<Json> elements))) {
        throw expected("an array");
      }
      List<Node> nodes = new ArrayList<>();
      for (Json element : elements) {
        nodes.add(new Node(place + "[" + nodes.size() + "]", element));
      }
      return nodes;
    }

    <T> List<T> list(String name, Function<Node, T> each) {
      List<T> all = new ArrayList<>();
      for (Node node : child(name).elements()) {
        all.add(each.apply(node));
      }
      return all;
    }

    String text() {
      if (json instanceof Json.Text(String text)) {
        return text;
      }
      throw expected("a string");
    }

    String text(String name) {
      return child(name).text();
    }

    String text(String name, Set<String> known) {
      known.add(name);
      return text(name);
    }

    List<String> axes(Set<String> known) {
      known.add("axes");
      return child("axes").elements().stream().map(Node::text).toList();
    }

    long number() {
      if (json instanceof Json.Digits(String digits) && digits.matches("[0-9]{1,18}")) {
        return Long.parseLong(digits);
      }
      throw expected("a whole number");
    }

    List<Integer> numbers(int most) {
      List<Integer> numbers = new ArrayList<>();
      for (Node element : elements()) {
        long number = element.number();
        if (number > most) {
          throw element.expected("at most " + most);
        }
        numbers.add((int) number);
      }
      return numbers;
    }

    /** A cost, which may be infinite. */
    double decimal(String name) {
      try {
        return Double.parseDouble(text(name));
      } catch (NumberFormatException notNumber) {
        throw new IllegalArgumentException(
            place + "." + name + ": expected a number, got " + Json.quoted(text(name)), notNumber);
      }
    }
  }
}
