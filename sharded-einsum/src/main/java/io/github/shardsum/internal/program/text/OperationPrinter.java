package io.github.shardsum.internal.program.text;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.Routes;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Movement.Concatenate;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Movement.Pad;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Movement.Split;
import io.github.shardsum.program.Movement.Window;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.Compare;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Pointwise.Ragged;
import io.github.shardsum.program.Pointwise.Select;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.Pointwise.Uniform;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.OneHot;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Source.Constant;
import io.github.shardsum.program.Source.Iota;
import io.github.shardsum.program.Source.Random;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/** Names and attributes of operations; {@link OperationParser} is its inverse. */
public final class OperationPrinter {
  private OperationPrinter() {}

  /**
   * The operation's name in the text.
   *
   * @return the name, such as {@code einsum}
   */
  public static String mnemonic(Operation operation) {
    return switch (operation) {
      case Unary(Pointwise.UnaryKind kind, _) -> lower(kind);
      case Binary(Pointwise.BinaryKind kind, _, _) -> lower(kind);
      case Compare(Pointwise.Comparison relation, _, _) -> lower(relation);
      case Select _ -> "select";
      case Convert _ -> "convert";
      case Ragged _ -> "ragged";
      case Uniform _ -> "uniform";
      case Contraction.Einsum _ -> "einsum";
      case Reduce(Contraction.ReduceKind kind, _, _) -> "reduce_" + lower(kind);
      case Softmax _ -> "softmax";
      case CumulativeSum _ -> "cumulative_sum";
      case TopK _ -> "top_k";
      case ArgMax _ -> "arg_max";
      case OneHot _ -> "one_hot";
      case Constant _ -> "constant";
      case Iota _ -> "iota";
      case Random _ -> "random";
      case Annotate _ -> "annotate";
      case Slice _ -> "slice";
      case Pad _ -> "pad";
      case Concatenate _ -> "concatenate";
      case Shift _ -> "shift";
      case Window _ -> "window";
      case Split _ -> "split";
      case Merge _ -> "merge";
      case Scan _ -> "scan";
      case Composite c -> AttentionForm.of(c).isPresent() ? c.name() : "composite";
      case Manual _ -> "manual";
      case Communication.AllReduce _ -> "all_reduce";
      case Communication.AllGather _ -> "all_gather";
      case Communication.ReduceScatter _ -> "reduce_scatter";
      case Communication.AllToAll _ -> "all_to_all";
      case Communication.Permute _ -> "permute";
      case Communication.OwnChunk _ -> "own_chunk";
      case Communication.AxisIndex _ -> "axis_index";
    };
  }

  static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** Attributes in the order in which they are printed. */
  static Map<String, AttributeText> attributes(Operation operation) {
    Attributes all = new Attributes();
    return switch (operation) {
      case Unary _, Binary _, Compare _, Select _ -> all.map;
      case Convert(_, DType dtype) -> all.word("dtype", dtype.toString()).map;
      case Ragged r -> all.text("label", r.label()).number("fill", r.fill()).map;
      case Uniform u -> all.whole("stream", u.stream()).word("dtype", u.dtype().toString()).map;
      case Contraction.Einsum einsum -> einsum(all, einsum);
      case Reduce reduce -> all.texts("labels", reduce.labels()).map;
      case Softmax(_, String label) -> all.text("label", label).map;
      case CumulativeSum s ->
          all.text("label", s.label())
              .flag("exclusive", s.exclusive())
              .flag("reverse", s.reverse())
              .map;
      case TopK t -> all.text("label", t.label()).whole("k", t.k()).text("into", t.into()).map;
      case ArgMax(_, String label) -> all.text("label", label).map;
      case OneHot h ->
          all.text("label", h.label())
              .whole("size", h.size())
              .word("dtype", h.dtype().toString())
              .map;
      case Constant(ValueType type, Scalar value) ->
          all.text("type", type.toString()).number("value", value).map;
      case Iota(ValueType type, String label) ->
          all.text("type", type.toString()).text("label", label).map;
      case Random r -> all.text("type", r.type().toString()).whole("stream", r.stream()).map;
      case Movement movement -> movement(all, movement);
      case Scan scan ->
          all.whole("count", scan.count())
              .text("label", scan.label())
              .flag("reverse", scan.reverse())
              .whole("carried", scan.carried().size())
              .whole("sequences", scan.sequences().size())
              .program("body", scan.body())
              .map;
      case Composite c when AttentionForm.of(c).isPresent() -> {
        c.attributes().forEach(all::word);
        yield all.map;
      }
      case Composite c -> {
        all.word("name", c.name());
        c.attributes().forEach((key, value) -> all.text("." + key, value));
        all.texts("splittable", c.splittable());
        yield all.program("decomposition", c.decomposition()).map;
      }
      case Manual m ->
          all.axes(m.axes())
              .texts("in", m.in().stream().map(Term::spaced).toList())
              .texts("out", m.out().stream().map(Term::spaced).toList())
              .program("body", m.body())
              .map;
      case Communication communication -> communication(all, communication);
    };
  }

  private static Map<String, AttributeText> communication(
      Attributes all, Communication communication) {
    return switch (communication) {
      case Communication.AllReduce r -> all.axes(r.axes()).word("by", lower(r.by())).map;
      case Communication.AllGather g -> all.axes(g.axes()).text("label", g.label()).map;
      case Communication.ReduceScatter r -> all.axes(r.axes()).text("label", r.label()).map;
      case Communication.AllToAll a ->
          all.axes(a.axes()).text("from", a.from()).text("to", a.to()).map;
      case Communication.OwnChunk c -> all.axes(c.axes()).text("label", c.label()).map;
      case Communication.AxisIndex i -> all.text("axis", i.axis().toString()).map;
      case Communication.Permute p -> {
        all.axes(p.axes());
        yield switch (p.routes()) {
          case Routes.Shift(long by, boolean wraps) -> all.whole("by", by).flag("wraps", wraps).map;
          case Routes.Pairs(List<Routes.Pair> pairs) ->
              all.texts("pairs", pairs.stream().map(Routes.Pair::toString).toList()).map;
        };
      }
    };
  }

  private static Map<String, AttributeText> einsum(Attributes all, Contraction.Einsum einsum) {
    all.text("equation", einsum.equation().toString());
    if (einsum.operands().getFirst().type().dtype() != einsum.dtype()) {
      all.word("dtype", einsum.dtype().toString());
    }
    if (!einsum.sizes().isEmpty()) {
      List<String> sizes =
          new TreeMap<>(einsum.sizes())
              .entrySet().stream().map(size -> size.getKey() + "=" + size.getValue()).toList();
      all.texts("sizes", sizes);
    }
    return all.map;
  }

  private static Map<String, AttributeText> movement(Attributes all, Movement movement) {
    return switch (movement) {
      case Annotate(_, Annotation annotation) -> {
        all.text("layout", annotation.layout());
        if (annotation.priority() > 0) {
          all.whole("priority", annotation.priority());
        }
        yield all.map;
      }
      case Slice s ->
          all.text("label", s.label())
              .whole("from", s.from())
              .whole("to", s.to())
              .whole("step", s.step())
              .map;
      case Pad p ->
          all.text("label", p.label())
              .whole("low", p.low())
              .whole("high", p.high())
              .whole("interior", p.interior())
              .number("fill", p.fill())
              .map;
      case Concatenate c -> all.text("label", c.label()).map;
      case Shift s -> all.text("label", s.label()).whole("by", s.by()).number("fill", s.fill()).map;
      case Window w ->
          all.text("label", w.label())
              .text("window", w.window())
              .whole("size", w.size())
              .whole("stride", w.stride())
              .whole("dilation", w.dilation())
              .map;
      case Split s ->
          all.text("label", s.label())
              .texts("into", s.into())
              .texts("sizes", s.sizes().stream().map(String::valueOf).toList())
              .map;
      case Merge m -> all.texts("labels", m.labels()).text("into", m.into()).map;
    };
  }

  /**
   * The operation on one line with its operands' types, for messages.
   *
   * @return the line, such as {@code exp(x: f32[i=2])}
   */
  public static String heading(Operation operation) {
    StringJoiner operands = new StringJoiner(", ", mnemonic(operation) + "(", ")");
    operation.operands().forEach(operand -> operands.add(operand.toString()));
    StringJoiner attributes = new StringJoiner(", ", " {", "}").setEmptyValue("");
    attributes(operation)
        .forEach(
            (key, value) ->
                attributes.add(
                    key
                        + "="
                        + (value instanceof AttributeText.Nested(Program program)
                            ? "program " + program.name()
                            : value.text(""))));
    return operands + attributes.toString();
  }

  /** Collects attributes; not thread-safe. */
  private static final class Attributes {
    private final Map<String, AttributeText> map = new LinkedHashMap<>();

    private Attributes put(String key, AttributeText value) {
      map.put(key, value);
      return this;
    }

    Attributes text(String key, String value) {
      return put(key, new AttributeText.Text(value));
    }

    Attributes word(String key, String value) {
      return put(key, new AttributeText.Word(value));
    }

    Attributes whole(String key, long value) {
      return put(key, new AttributeText.Word(Long.toString(value)));
    }

    Attributes number(String key, Scalar value) {
      return put(key, new AttributeText.Word(value.toString()));
    }

    Attributes flag(String key, boolean value) {
      return put(key, new AttributeText.Word(Boolean.toString(value)));
    }

    Attributes texts(String key, List<String> values) {
      return put(key, new AttributeText.Texts(values));
    }

    Attributes axes(List<MeshAxis> values) {
      return texts("axes", values.stream().map(MeshAxis::toString).toList());
    }

    Attributes program(String key, Program value) {
      return put(key, new AttributeText.Nested(value));
    }
  }
}
