package io.github.shardsum.internal.partition.text;

import io.github.shardsum.internal.program.text.ProgramPrinter;
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
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes a plan as JSON without loss: {@link PlanReader} makes an equal plan of it. */
final class PlanWriter {
  private PlanWriter() {}

  /** The plan as an object on one line. */
  static String of(SpmdPlan plan) {
    Mesh mesh = plan.mesh();
    StringJoiner text = object();
    text.add(member("mesh", Json.quoted(mesh.notation())));
    Mesh usual = Mesh.of(mesh.axes());
    if (!mesh.equals(usual)) {
      StringJoiner order = new StringJoiner(",", "[", "]");
      for (int position = 0; position < mesh.size(); position++) {
        order.add(Integer.toString(mesh.deviceAt(position)));
      }
      text.add(member("deviceOrder", order.toString()));
    }
    if (plan.sums().isTree()) {
      text.add(member("leaf", Integer.toString(plan.sums().leaf())));
    }
    return parts(plan, text);
  }

  /**
   * The inputs, steps and outputs of a plan. A loop's body has nothing else, since its mesh is that
   * of the plan around the loop.
   */
  private static String parts(SpmdPlan plan, StringJoiner text) {
    text.add(member("inputs", array(plan.inputs(), PlanWriter::value)));
    text.add(member("steps", array(plan.steps(), PlanWriter::step)));
    text.add(member("outputs", plan.outputs().toString().replace(" ", "")));
    return text.toString();
  }

  private static String value(PlannedValue value) {
    StringJoiner text = object();
    text.add(member("name", Json.quoted(value.name())));
    text.add(member("dtype", Json.quoted(value.dtype().toString())));
    StringJoiner shape = new StringJoiner(",", "[", "]");
    for (int dim = 0; dim < value.shape().rank(); dim++) {
      shape.add(Long.toString(value.shape().size(dim)));
    }
    text.add(member("shape", shape.toString()));
    text.add(member("layout", Json.quoted(value.layout().toString())));
    return text.toString();
  }

  private static String step(PlanStep step) {
    StringJoiner text = object();
    action(step.action(), text);
    text.add(member("operands", step.operands().toString().replace(" ", "")));
    text.add(member("results", array(step.results(), PlanWriter::value)));
    Origin origin = step.origin();
    text.add(member("because", Json.quoted(origin.cause())));
    origin
        .runnerUp()
        .ifPresent(
            way ->
                text.add(
                    member(
                        "runnerUp",
                        object()
                            .add(member("steps", Json.quoted(way.description())))
                            .add(
                                member(
                                    way.isTimed() ? "seconds" : "cost",
                                    Json.quoted(Double.toString(way.cost()))))
                            .toString())));
    return text.toString();
  }

  private static void action(Action action, StringJoiner text) {
    text.add(member("action", Json.quoted(name(action))));
    switch (action) {
      case Action.Slice(String label, var axes) -> text.add(label(label)).add(axes(axes));
      case Action.AllGather(String label, var axes) -> text.add(label(label)).add(axes(axes));
      case Action.AllReduce(var axes, var by) ->
          text.add(axes(axes)).add(member("by", Json.quoted(by.name().toLowerCase(Locale.ROOT))));
      case Action.ReduceScatter(String label, var axes) -> text.add(label(label)).add(axes(axes));
      case Action.AllToAll(String from, String to, var axes) ->
          text.add(member("from", Json.quoted(from)))
              .add(member("to", Json.quoted(to)))
              .add(axes(axes));
      case Action.CollectivePermute(var axes) -> text.add(axes(axes));
      case Action.Exchange(String label, var axes) -> text.add(label(label)).add(axes(axes));
      case Action.Apply(Statement statement) -> statement(statement, text);
      case Action.Neighbour(Statement statement, var axes, var exchanged) -> {
        statement(statement, text);
        text.add(axes(axes)).add(member("exchanged", exchanged.toString().replace(" ", "")));
      }
      case Action.Partitioned(Statement statement, CompositeParts parts) -> {
        statement(statement, text);
        text.add(member("buffers", array(parts.buffers(), PlanWriter::buffer)));
        text.add(member("parts", array(parts.parts(), PlanWriter::part)));
      }
      case Action.Loop(Statement statement, SpmdPlan body) -> {
        statement(statement, text);
        text.add(member("body", parts(body, object())));
      }
      case Action.Start(Action collective) -> {
        StringJoiner started = object();
        action(collective, started);
        text.add(member("collective", started.toString()));
      }
      case Action.Communicate(Statement statement) -> statement(statement, text);
      case Action.Await _ -> {}
      case Action.Windows(Statement statement, int operand, String label, var axes, var rings) -> {
        statement(statement, text);
        text.add(member("operand", operand < 0 ? "\"result\"" : Integer.toString(operand)));
        text.add(label(label)).add(axes(axes)).add(member("rings", array(rings, PlanWriter::ring)));
      }
    }
  }

  private static String buffer(Buffer buffer) {
    return object()
        .add(member("name", Json.quoted(buffer.name())))
        .add(member("dtype", Json.quoted(buffer.dtype().toString())))
        .add(member("labels", array(buffer.labels(), Json::quoted)))
        .add(member("extents", array(buffer.extents(), each -> Json.quoted(extent(each)))))
        .toString();
  }

  /**
   * Text such as {@code local 2 G S}, {@code bounded 2 G S by 2.0 over x} or {@code chunk 32 over
   * m}.
   */
  private static String extent(Extent extent) {
    return switch (extent) {
      case Extent.Local(int operand, var labels) -> "local " + operand + words(labels);
      case Extent.Bounded(var rows, var axes, double factor) ->
          "bounded " + rows.operand() + words(rows.labels()) + " by " + factor + over(axes);
      case Extent.Members(var axes) -> "members" + over(axes);
      case Extent.Fixed(long count) -> "fixed " + count;
      case Extent.Chunk(long size, var axes) -> "chunk " + size + over(axes);
    };
  }

  private static String words(Collection<String> words) {
    return words.isEmpty() ? "" : " " + String.join(" ", words);
  }

  private static String over(Collection<String> axes) {
    return " over" + words(axes);
  }

  private static String part(Part part) {
    StringJoiner text = object();
    switch (part) {
      case Part.Run(String composite, var attributes, var reads, var writes, var piece) -> {
        text.add(member("part", Json.quoted("run")));
        text.add(member("composite", Json.quoted(composite)));
        StringJoiner all = object();
        attributes.forEach((name, value) -> all.add(member(name, Json.quoted(value))));
        text.add(member("attributes", all.toString()));
        text.add(member("reads", array(reads, PlanWriter::place)));
        text.add(member("writes", array(writes, PlanWriter::place)));
        piece(piece, text);
      }
      case Part.Swap(var axes, var x, var out) ->
          text.add(member("part", Json.quoted("swap")))
              .add(axes(axes))
              .add(member("x", place(x)))
              .add(member("out", place(out)));
      case Part.Agree(var axes, var counts) ->
          text.add(member("part", Json.quoted("agree")))
              .add(axes(axes))
              .add(member("counts", place(counts)));
      case Part.Rows(var axes, var sends, var receives, var x, var out, var piece) -> {
        text.add(member("part", Json.quoted("rows")))
            .add(axes(axes))
            .add(member("sends", place(sends)))
            .add(member("receives", place(receives)))
            .add(member("x", place(x)))
            .add(member("out", place(out)));
        piece(piece, text);
      }
      case Part.Overlapped(var rows, var run) ->
          text.add(member("part", Json.quoted("overlapped")))
              .add(member("rows", array(rows, PlanWriter::part)))
              .add(member("run", part(run)));
      case Part.Reduce(var axes, var counts, var scatter, var x, var out, var piece) -> {
        text.add(member("part", Json.quoted("reduce")))
            .add(axes(axes))
            .add(member("counts", place(counts)));
        scatter.ifPresent(dim -> text.add(member("scatter", Integer.toString(dim))));
        text.add(member("x", place(x))).add(member("out", place(out)));
        piece(piece, text);
      }
    }
    return text.toString();
  }

  private static String place(Place place) {
    return Json.quoted(place.toString());
  }

  /** A piece as {@code "piece":[0,4]}: its index and the number of pieces; nothing for a whole. */
  private static void piece(Piece piece, StringJoiner text) {
    if (!piece.isWhole()) {
      text.add(member("piece", "[" + piece.index() + "," + piece.count() + "]"));
    }
  }

  private static String ring(Action.Ring ring) {
    String share = ring.share().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return Json.quoted((ring.step() < 0 ? "-" : "+") + Math.abs(ring.step()) + " " + share);
  }

  /** The name of an action in files, without the operation of its statement. */
  private static String name(Action action) {
    return switch (action) {
      case Action.Apply _ -> "statement";
      case Action.Communicate _ -> "communication";
      case Action.Neighbour _ -> "neighbours";
      case Action.Partitioned _ -> "partitioned";
      default -> action.op();
    };
  }

  /** The statement's line, and the types of its operands. */
  private static void statement(Statement statement, StringJoiner text) {
    Set<Value> read = new LinkedHashSet<>(statement.operation().operands());
    text.add(member("reads", array(read, value -> Json.quoted(value.toString()))));
    text.add(member("statement", Json.quoted(ProgramPrinter.print(statement))));
  }

  private static String label(String label) {
    return member("label", Json.quoted(label));
  }

  private static String axes(Collection<String> axes) {
    return member("axes", array(axes, Json::quoted));
  }

  private static StringJoiner object() {
    return new StringJoiner(",", "{", "}");
  }

  private static String member(String name, String value) {
    return Json.quoted(name) + ":" + value;
  }

  private static <T> String array(Collection<T> values, Function<T, String> text) {
    return values.stream().map(text).collect(Collectors.joining(",", "[", "]"));
  }
}
