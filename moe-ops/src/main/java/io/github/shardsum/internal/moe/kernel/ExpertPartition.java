package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.moe.decomposition.ExpertComposites;
import io.github.shardsum.internal.moe.decomposition.RowComposites;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.CompositePartition;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.CompositeParts.Place;
import io.github.shardsum.partition.CompositePlan;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The kernels of {@code moe.experts} and of its gradient, and their partition. Rows of tokens
 * travel to the devices of their experts, and outputs travel back. Groups are split over some axes;
 * the last of these axes split the experts too. The hidden width may be split over other axes.
 * Outputs of rows are summed along these other axes before they travel back.
 *
 * @param isGradient whether this is the partition of the gradient
 */
record ExpertPartition(boolean isGradient) implements CompositeKernel.Factory, CompositePartition {
  private static final int POSITIONS = ExpertStage.WHOLE.positionsAt();
  private static final int WI = ExpertStage.WHOLE.matricesAt();

  @Override
  public Optional<CompositeKernel> create(Composite composite) {
    return ExpertsKernel.of(ExpertStage.WHOLE, composite, isGradient);
  }

  @Override
  public List<CompositePlan> ways(
      Composite composite, Mesh mesh, List<List<Layout>> held, double bound) {
    Optional<ExpertsForm> form = ExpertsKernel.form(ExpertStage.WHOLE, composite, isGradient);
    if (form.isEmpty()) {
      return List.of();
    }
    Set<Axes> axes = new LinkedHashSet<>();
    for (Layout weight : held.get(WI)) {
      List<String> rows = wide(weight, "E");
      List<String> inner = wide(weight, "H");
      List<List<Layout>> tokens = new ArrayList<>(List.of(held.getFirst()));
      if (isGradient) {
        tokens.add(held.getLast());
      }
      for (List<Layout> each : tokens) {
        each.forEach(of -> Axes.of(wide(of, "G"), rows, inner).ifPresent(axes::add));
      }
    }
    return axes.stream()
        .map(each -> new Way(composite, form.get(), mesh, each, bound))
        .filter(Way::fits)
        .map(way -> isGradient ? way.backward() : way.forward())
        .toList();
  }

  /** Experts and their hidden width keep their splits: tokens travel to the weights. */
  @Override
  public List<String> staying() {
    return List.of("E", "H");
  }

  /** True, because kernels of received rows can compute the experts of a device in chunks. */
  @Override
  public boolean hasPieces() {
    return true;
  }

  /** The axes with more than one device that split a label. */
  private static List<String> wide(Layout layout, String label) {
    return layout.axes(layout.dim(label)).stream()
        .filter(axis -> layout.mesh().size(axis) > 1)
        .toList();
  }

  /**
   * The axes of one partition.
   *
   * @param tokens the axes that split groups; the last of them are those of {@code rows}
   * @param rows the axes that split experts, along which rows travel
   * @param inner the axes that split the hidden width
   */
  private record Axes(List<String> tokens, List<String> rows, List<String> inner) {
    static Optional<Axes> of(List<String> groups, List<String> rows, List<String> inner) {
      int outer = groups.size() - rows.size();
      List<String> tokens = new ArrayList<>(groups);
      if (groups.stream().noneMatch(rows::contains)) {
        tokens.addAll(rows);
      } else if (outer < 0 || !groups.subList(outer, groups.size()).equals(rows)) {
        return Optional.empty();
      }
      return rows.isEmpty() || tokens.stream().anyMatch(inner::contains)
          ? Optional.empty()
          : Optional.of(new Axes(List.copyOf(tokens), rows, inner));
    }

    /** The axes that split only groups. */
    List<String> outer() {
      return tokens.subList(0, tokens.size() - rows.size());
    }
  }

  /**
   * One possible partition.
   *
   * @param composite the composite that is computed
   * @param form the sizes of the composite
   * @param mesh the devices
   * @param axes the axes that split the composite
   * @param bound the bound on received rows
   */
  private record Way(Composite composite, ExpertsForm form, Mesh mesh, Axes axes, double bound) {
    private ValueType type(int operand) {
      return composite.operands().get(operand).type();
    }

    /** Whether there are rows, and the rows from all devices fit in one array. */
    boolean fits() {
      long groups = Math.ceilDiv(form.groups(), mesh.size(axes.tokens()));
      long rows = groups * form.tokens() * form.choices();
      double most = (double) rows * mesh.size(axes.rows());
      return most > 0 && most * Math.max(1, form.model()) <= Shape.LONGEST_ARRAY;
    }

    private Extent.Local sent() {
      return new Extent.Local(POSITIONS, List.of("G", "S", "K"));
    }

    private Extent received() {
      return new Extent.Bounded(sent(), axes.rows(), bound);
    }

    private Extent model() {
      return new Extent.Fixed(form.model());
    }

    private Extent chunk() {
      return axes.inner().isEmpty() ? model() : new Extent.Chunk(form.model(), axes.inner());
    }

    private static Buffer rows(String name, DType dtype, Extent count, Extent width) {
      return new Buffer(name, dtype, List.of("R", "M"), List.of(count, width));
    }

    private static Buffer numbers(String name, DType dtype, Extent count) {
      return new Buffer(name, dtype, List.of("R"), List.of(count));
    }

    private List<Buffer> counts() {
      return List.of(
          new Buffer(
              "counts",
              DType.I32,
              List.of("X", "E"),
              List.of(new Extent.Fixed(1), new Extent.Fixed(form.experts()))),
          new Buffer(
              "counts_in",
              DType.I32,
              List.of("X", "E"),
              List.of(new Extent.Members(axes.rows()), new Extent.Local(WI, List.of("E")))));
    }

    /**
     * Buffers for the rows of tokens and for the weights of their choices, of senders and
     * receivers.
     */
    private List<Buffer> sentRows() {
      DType weights = type(1).dtype();
      return List.of(
          rows("rows", type(0).dtype(), sent(), model()),
          rows("rows_in", type(0).dtype(), received(), model()),
          numbers("scale", weights, sent()),
          numbers("scale_in", weights, received()));
    }

    private Part.Run run(String name, List<Place> reads, List<Place> writes) {
      SortedMap<String, String> attributes = new TreeMap<>(composite.attributes());
      attributes.put(ExpertComposites.EXPERTS, Integer.toString(form.experts()));
      attributes.put(RowComposites.CHUNK, Integer.toString(ExpertChunkSize.rows(form, true, 1)));
      return new Part.Run(name, attributes, reads, writes, Piece.WHOLE);
    }

    private static Place operand(int operand) {
      return new Place.Operand(operand);
    }

    private static Place result(int result) {
      return new Place.Result(result);
    }

    private static Place.InBuffer in(String buffer) {
      return new Place.InBuffer(buffer);
    }

    private Part rows(
        Place.InBuffer sends, Place.InBuffer receives, Place.InBuffer x, Place.InBuffer out) {
      return new Part.Rows(axes.rows(), sends, receives, x, out, Piece.WHOLE);
    }

    /** First counts travel, then devices agree on them, then rows travel. */
    private List<Part> out(List<String> rows) {
      List<Part> parts = new ArrayList<>();
      parts.add(new Part.Swap(axes.rows(), in("counts"), in("counts_in")));
      parts.add(new Part.Agree(axes.tokens(), in("counts_in")));
      for (String name : rows) {
        parts.add(rows(in("counts"), in("counts_in"), in(name), in(name + "_in")));
      }
      return parts;
    }

    /** Addends are summed if the hidden width is split. Then rows travel back. */
    private List<Part> back(String name, OptionalInt scatter) {
      List<Part> parts = new ArrayList<>();
      Place.InBuffer made = in(name);
      if (!axes.inner().isEmpty()) {
        Place.InBuffer sum = in(name + "_sum");
        parts.add(new Part.Reduce(axes.inner(), in("counts_in"), scatter, made, sum, Piece.WHOLE));
        made = sum;
      }
      parts.add(rows(in("counts_in"), in("counts"), made, in(name + "_back")));
      return parts;
    }

    /** Buffers for the rows that travel back, of senders and receivers. */
    private List<Buffer> backRows(String name) {
      DType dtype = RowsExperts.outputs(form.dtype());
      List<Buffer> all = new ArrayList<>(List.of(rows(name, dtype, received(), model())));
      if (!axes.inner().isEmpty()) {
        all.add(rows(name + "_sum", dtype, received(), chunk()));
      }
      all.add(rows(name + "_back", dtype, sent(), chunk()));
      return all;
    }

    private List<Place> reads(int last) {
      List<Place> reads = new ArrayList<>(List.of(in("rows_in"), in("scale_in"), in("counts_in")));
      for (int i = 0; i < form.weights(); i++) {
        reads.add(operand(WI + i));
      }
      if (last >= 0) {
        reads.add(in("dy_in"));
      }
      if (!axes.inner().isEmpty()) {
        reads.add(new Place.Member(axes.inner()));
      }
      return reads;
    }

    CompositePlan forward() {
      List<Buffer> buffers = new ArrayList<>(counts());
      buffers.addAll(sentRows());
      buffers.addAll(backRows("y"));
      List<Part> parts = new ArrayList<>();
      parts.add(
          run(
              RowComposites.SEND,
              List.of(operand(0), operand(1), operand(POSITIONS)),
              List.of(in("rows"), in("scale"), in("counts"))));
      parts.addAll(out(List.of("rows", "scale")));
      parts.add(run(RowComposites.EXPERTS, reads(-1), List.of(in("y"))));
      parts.addAll(back("y", OptionalInt.of(1)));
      parts.add(
          run(RowComposites.SUM, List.of(operand(POSITIONS), in("y_back")), List.of(result(0))));
      return plan(buffers, parts);
    }

    CompositePlan backward() {
      int cotangent = WI + form.weights();
      DType weights = type(1).dtype();
      List<Buffer> buffers = new ArrayList<>(counts());
      buffers.addAll(sentRows());
      buffers.add(rows("dy", type(cotangent).dtype(), sent(), model()));
      buffers.add(rows("dy_in", type(cotangent).dtype(), received(), model()));
      buffers.addAll(backRows("dx"));
      buffers.add(numbers("dscale", weights, received()));
      if (!axes.inner().isEmpty()) {
        buffers.add(numbers("dscale_sum", weights, received()));
      }
      buffers.add(numbers("dscale_back", weights, sent()));
      List<Part> parts = new ArrayList<>();
      parts.add(
          run(
              RowComposites.SEND,
              List.of(operand(0), operand(1), operand(POSITIONS), operand(cotangent)),
              List.of(in("rows"), in("scale"), in("dy"), in("counts"))));
      parts.addAll(out(List.of("rows", "scale", "dy")));
      List<Place> made = new ArrayList<>(List.of(in("dx"), in("dscale")));
      for (int i = 0; i < form.weights(); i++) {
        made.add(result(2 + i));
      }
      parts.add(run(RowComposites.GRADIENT, reads(cotangent), made));
      parts.addAll(back("dx", OptionalInt.of(1)));
      parts.addAll(back("dscale", OptionalInt.empty()));
      parts.add(
          run(RowComposites.SUM, List.of(operand(POSITIONS), in("dx_back")), List.of(result(0))));
      parts.add(
          run(
              RowComposites.PLACE,
              List.of(operand(POSITIONS), in("dscale_back")),
              List.of(result(1))));
      return plan(buffers, parts);
    }

    private CompositePlan plan(List<Buffer> buffers, List<Part> parts) {
      List<Layout> operands = new ArrayList<>();
      for (Value operand : composite.operands()) {
        operands.add(layout(operand.type(), false));
      }
      List<Layout> results = new ArrayList<>();
      for (Value result : composite.decomposition().outputs()) {
        results.add(layout(result.type(), true));
      }
      return new CompositePlan(operands, results, new CompositeParts(buffers, parts));
    }

    /**
     * The layout of an operand or a result. Outputs and gradients of tokens are split along M if
     * their addends were scattered.
     */
    private Layout layout(ValueType type, boolean isResult) {
      boolean isOfGroups = type.names().contains("G");
      Map<String, List<String>> split =
          isOfGroups
              ? Map.of("G", axes.tokens(), "M", isResult ? axes.inner() : List.of())
              : Map.of("E", axes.rows(), "H", axes.inner());
      List<Axis> all =
          type.names().stream()
              .map(label -> new Axis(label, split.getOrDefault(label, List.of())))
              .toList();
      List<String> partial = isResult && !isOfGroups ? axes.outer() : List.of();
      return new Layout(mesh, new Term(all, partial));
    }
  }
}
