package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The rule of a composite whose rows travel to the devices of its weights. It uses the labels of
 * the statement alone: the first label of the first operand is that of groups; the first label of
 * an operand without groups is that of experts. Groups are split over some axes, of which the last
 * split the experts; another label of the weights may be split over axes of its own, along which
 * devices have addends of rows.
 *
 * <p>The rule follows the flow through the parts. Only a part that moves rows has both rows that a
 * device sends and rows that it receives; its counts are those of the way there, exchanged for the
 * way back. Everything that is written is read, rows in the order in which they were written. The
 * rule does not check which function a local composite computes.
 */
final class RowsRule {
  private final Action.Partitioned action;
  private final Mesh mesh;
  private final List<Held> read;
  private final List<Held> said;
  private final String groups;
  private final String experts;
  private final long expertCount;
  private final List<MeshAxis> tokens;
  private final List<MeshAxis> rows;
  private final List<MeshAxis> inner;

  private RowsRule(Action.Partitioned action, Mesh mesh, List<Held> read, List<Held> said) {
    this.action = action;
    this.mesh = mesh;
    this.read = read;
    this.said = said;
    this.groups = action.composite().operands().getFirst().type().names().getFirst();
    Held first = read.getFirst();
    Held weight =
        read.stream()
            .filter(held -> !isOfGroups(held))
            .findFirst()
            .orElseThrow(() -> new PlanRefusedException("must have weights, got " + read));
    this.experts = weight.labels().getFirst();
    this.expertCount = weight.cuts().getFirst().size();
    this.tokens = axes(first, groups);
    this.rows = axes(weight, experts);
    this.inner = inner(weight);
  }

  /**
   * Follows a step.
   *
   * @param read the parts that devices hold of the operands
   * @param said the layouts that the plan gives the results
   * @return how they lie
   */
  static List<Held> made(Action.Partitioned action, Mesh mesh, List<Held> read, List<Held> said) {
    RowsRule rule = new RowsRule(action, mesh, read, said);
    rule.checkOperands();
    List<Held> results = rule.results();
    new Flow(rule).check();
    return results;
  }

  private boolean isOfGroups(Held held) {
    return held.labels().contains(groups);
  }

  private static List<MeshAxis> axes(Held held, String label) {
    return held.cuts().get(held.dim(label)).axes();
  }

  /** The axes of the one other label of weights that is split. */
  private List<MeshAxis> inner(Held weight) {
    List<MeshAxis> axes = new ArrayList<>();
    for (LabelCut cut : weight.cuts()) {
      if (!cut.label().equals(experts) && !cut.isWhole()) {
        require(axes.isEmpty(), "one label of weights must be split, got %s", weight);
        axes.addAll(cut.axes());
      }
    }
    return axes;
  }

  private void checkOperands() {
    require(!rows.isEmpty(), "weights must be split along %s, got %s", experts, read);
    int outer = tokens.size() - rows.size();
    boolean fits = outer >= 0 && tokens.subList(outer, tokens.size()).equals(rows);
    require(fits, "%s must be split last over %s, got %s", groups, rows, tokens);
    inner.forEach(axis -> require(!tokens.contains(axis), "%s must not split %s", axis, groups));
    for (Held held : read) {
      require(held.partial().isEmpty(), "operands must be no addends, got %s", held);
      boolean isOfGroups = isOfGroups(held);
      for (LabelCut cut : held.cuts()) {
        List<MeshAxis> asked =
            cut.label().equals(groups) ? tokens : cut.label().equals(experts) ? rows : List.of();
        boolean mayBe = !isOfGroups && !cut.label().equals(experts) && cut.axes().equals(inner);
        require(mayBe || cut.axes().equals(asked), "%s must be split over %s", cut, asked);
      }
    }
  }

  /**
   * The results by the statement's own meaning, with tokens gathered along the axes of rows and
   * whole weights, of which each device keeps its part. So gradients of weights are addends over
   * the axes that split groups alone.
   */
  private List<Held> results() {
    List<Held> whole = new ArrayList<>();
    for (Held held : read) {
      Held all = held;
      for (LabelCut cut : held.cuts()) {
        List<MeshAxis> gathered = cut.label().equals(groups) ? rows : cut.axes();
        all = all.gather(cut.label(), gathered);
      }
      whole.add(all);
    }
    Statement statement = action.statement();
    List<Held> made = BlockRule.results(statement, whole, said.getFirst(), false);
    require(made.size() == said.size(), "must give %s results, got %s", made.size(), said);
    List<Held> results = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      results.add(kept(made.get(i), said.get(i)));
    }
    return results;
  }

  /** The part that a device keeps of a result: its rows, its experts, and of one more label. */
  private Held kept(Held made, Held lies) {
    boolean isOfGroups = isOfGroups(made);
    Held result = made.slice(isOfGroups ? groups : experts, rows);
    for (LabelCut cut : lies.cuts()) {
      boolean isOther = !cut.label().equals(groups) && !cut.label().equals(experts);
      if (isOther && !cut.isWhole()) {
        require(cut.axes().equals(inner), "%s must be split over %s", cut, inner);
        result = result.slice(cut.label(), inner);
      }
    }
    Set<MeshAxis> outer = new HashSet<>(tokens);
    rows.forEach(outer::remove);
    boolean fits = result.partial().equals(isOfGroups ? Set.of() : outer);
    require(fits, "must be addends over %s, got %s", outer, result);
    return result;
  }

  /** The side of a buffer: rows that a device sends, or rows that it receives. */
  private enum Side {
    SENT,
    SENT_COUNTS,
    RECEIVED,
    RECEIVED_COUNTS
  }

  /** Follows the parts. */
  private static final class Flow {
    private final RowsRule rule;
    private final CompositeParts parts;
    private final Map<String, Buffer> buffers = new HashMap<>();

    /** In the order of writing. */
    private final List<String> written = new ArrayList<>();

    private final Set<String> used = new HashSet<>();

    /** Buffers of received rows that are addends along the inner axes. */
    private final Set<String> addends = new HashSet<>();

    /** Buffers of received rows that are sums over them. */
    private final Set<String> sums = new HashSet<>();

    private final Set<Integer> read = new HashSet<>();
    private boolean isAgreed;
    private int back;

    /** The position of the rows that travelled last among the written buffers. */
    private int moved = -1;

    Flow(RowsRule rule) {
      this.rule = rule;
      this.parts = rule.action.parts();
      for (Buffer buffer : parts.buffers()) {
        boolean isNew = buffers.put(buffer.name(), buffer) == null;
        require(
            isNew && !buffer.name().contains("."), "buffers must have own names, got %s", buffer);
        require(!buffer.extents().isEmpty(), "a buffer must have rows, got %s", buffer);
        side(buffer);
      }
    }

    void check() {
      for (Part part : parts.parts()) {
        switch (part) {
          case Part.Run run -> run(run);
          case Part.Swap swap -> {
            over(swap.axes(), rule.rows);
            reads(swap.x(), Side.SENT_COUNTS);
            writes(swap.out(), Side.RECEIVED_COUNTS);
          }
          case Part.Agree agree -> {
            over(Set.copyOf(agree.axes()), rule.tokens);
            reads(agree.counts(), Side.RECEIVED_COUNTS);
            require(!isAgreed, "devices must agree once, got %s", agree);
            isAgreed = true;
          }
          case Part.Rows rows -> rows(rows);
          case Part.Reduce reduce -> reduce(reduce);
        }
      }
      long results = rule.said.stream().filter(rule::isOfGroups).count();
      require(back == results, "rows must come back for %s results, got %s", results, back);
      for (int i = 0; i < rule.read.size(); i++) {
        require(read.contains(i), "operand %s must be read", i);
      }
      for (int i = 0; i < rule.said.size(); i++) {
        require(written.contains(CompositeParts.RESULT + i), "result %s must be written", i);
      }
      for (String name : written) {
        boolean isRead = name.startsWith(CompositeParts.RESULT) || used.contains(name);
        require(isRead, "%s must be read", name);
      }
    }

    private Side side(Buffer buffer) {
      List<Extent> extents = buffer.extents();
      return switch (extents.getFirst()) {
        case Extent.Fixed _ -> {
          List<Extent> row = List.of(new Extent.Fixed(1), new Extent.Fixed(rule.expertCount));
          require(extents.equals(row), "counts must be %s, got %s", row, buffer);
          checkCounts(buffer);
          yield Side.SENT_COUNTS;
        }
        case Extent.Members(List<String> axes) -> {
          over(axes, rule.rows);
          boolean fits = extents.size() == 2 && isOfExperts(extents.getLast());
          require(fits, "counts must be of a device's part of %s, got %s", rule.experts, buffer);
          checkCounts(buffer);
          yield Side.RECEIVED_COUNTS;
        }
        case Extent.Local local -> {
          checkSent(local, buffer);
          yield Side.SENT;
        }
        case Extent.Bounded(Extent.Local local, List<String> axes, double _) -> {
          checkSent(local, buffer);
          over(axes, rule.rows);
          yield Side.RECEIVED;
        }
        default -> throw new PlanRefusedException("must be counts or rows, got " + buffer);
      };
    }

    private static void checkCounts(Buffer buffer) {
      require(buffer.dtype() == DType.I32, "counts must be i32, got %s", buffer);
    }

    /** Whether an extent is a device's part of the label of experts. */
    private boolean isOfExperts(Extent extent) {
      return extent instanceof Extent.Local(int operand, List<String> labels)
          && operand >= 0
          && operand < rule.read.size()
          && labels.equals(List.of(rule.experts))
          && rule.read.get(operand).labels().contains(rule.experts);
    }

    /** Rows that a device has of its own are those of its groups. */
    private void checkSent(Extent.Local local, Buffer buffer) {
      boolean fits =
          local.operand() >= 0
              && local.operand() < rule.read.size()
              && local.labels().contains(rule.groups)
              && rule.read.get(local.operand()).labels().containsAll(local.labels());
      require(fits, "rows must be those of groups, got %s", buffer);
    }

    private void over(Collection<String> axes, List<MeshAxis> asked) {
      List<String> wide = axes.stream().filter(axis -> rule.mesh.size(axis) > 1).toList();
      boolean fits =
          axes instanceof Set<?>
              ? Set.copyOf(wide).equals(Set.copyOf(Held.names(asked)))
              : wide.equals(Held.names(asked));
      require(fits, "must be over %s, got %s", Held.names(asked), axes);
    }

    private Buffer buffer(String name) {
      Buffer buffer = buffers.get(name);
      require(buffer != null, "must name a buffer of %s, got %s", buffers.keySet(), name);
      return Objects.requireNonNull(buffer);
    }

    private void reads(String name, Side side) {
      use(name);
      require(side(buffer(name)) == side, "%s must be %s", name, side);
    }

    /** The position of a buffer among the written ones. */
    private int use(String name) {
      int place = written.indexOf(name);
      require(place >= 0, "%s must be written before it is read", name);
      used.add(name);
      return place;
    }

    private void writes(String name, Side side) {
      require(side(buffer(name)) == side, "%s must be %s", name, side);
      write(name);
    }

    private void write(String name) {
      require(!written.contains(name), "%s must be written once", name);
      written.add(name);
    }

    /** Both sides of a part that moves rows have rows of the same form. */
    private void alike(Buffer one, Buffer other) {
      int rank = one.extents().size();
      boolean fits =
          one.dtype() == other.dtype()
              && other.extents().size() == rank
              && one.extents().subList(1, rank).equals(other.extents().subList(1, rank));
      require(fits, "must have the same rows, got %s and %s", one, other);
    }

    private void rows(Part.Rows rows) {
      over(rows.axes(), rule.rows);
      require(isAgreed, "devices must agree on the bound before rows travel");
      boolean isBack = side(buffer(rows.x())) == Side.RECEIVED;
      reads(rows.sends(), isBack ? Side.RECEIVED_COUNTS : Side.SENT_COUNTS);
      reads(rows.receives(), isBack ? Side.SENT_COUNTS : Side.RECEIVED_COUNTS);
      reads(rows.x(), isBack ? Side.RECEIVED : Side.SENT);
      int place = use(rows.x());
      require(
          place > moved, "rows must travel in the order in which they were written, got %s", rows);
      moved = place;
      writes(rows.out(), isBack ? Side.SENT : Side.RECEIVED);
      alike(buffer(rows.x()), buffer(rows.out()));
      if (isBack) {
        boolean isSum = rule.inner.isEmpty() || sums.contains(rows.x());
        require(isSum, "addends must be summed over %s, got %s", rule.inner, rows.x());
        back++;
      }
    }

    private void reduce(Part.Reduce reduce) {
      over(reduce.axes(), rule.inner);
      reads(reduce.counts(), Side.RECEIVED_COUNTS);
      reads(reduce.x(), Side.RECEIVED);
      writes(reduce.out(), Side.RECEIVED);
      require(addends.remove(reduce.x()), "must sum addends once, got %s", reduce.x());
      sums.add(reduce.out());
      Buffer x = buffer(reduce.x());
      List<Extent> extents = new ArrayList<>(x.extents());
      if (reduce.scatter().isPresent()) {
        int dim = reduce.scatter().getAsInt();
        boolean fits = dim > 0 && dim < extents.size() && extents.get(dim) instanceof Extent.Fixed;
        require(fits, "must scatter columns, got %s of %s", dim, x);
        long size = ((Extent.Fixed) extents.get(dim)).count();
        extents.set(dim, new Extent.Chunk(size, reduce.axes()));
      }
      Buffer out = buffer(reduce.out());
      boolean fits = out.dtype() == x.dtype() && out.extents().equals(extents);
      require(fits, "must be the sum of %s, got %s", x, out);
    }

    /**
     * The operands, buffers and sides that a local composite reads, and how many device indices.
     */
    private static final class Reads {
      final Set<Side> sides = new HashSet<>();
      final List<Integer> operands = new ArrayList<>();
      final List<Integer> places = new ArrayList<>();
      final List<Buffer> buffers = new ArrayList<>();
      long members;
    }

    /** A local composite reads either rows that a device sends or rows that it receives. */
    private void run(Part.Run run) {
      boolean isOfStatement =
          run.attributes().entrySet().containsAll(rule.action.composite().attributes().entrySet());
      require(isOfStatement, "must have the attributes of %s, got %s", rule.action.op(), run);
      Reads reads = new Reads();
      run.reads().forEach(name -> read(name, reads));
      ascend(reads.operands, run);
      ascend(reads.places, run);
      read.addAll(reads.operands);
      run.writes().forEach(name -> reads.sides.add(written(name)));
      require(reads.sides.size() == 1, "a local composite must be on one side, got %s", run);
      if (reads.sides.contains(Side.RECEIVED)) {
        checkReceived(run, reads);
      } else {
        require(reads.members == 0, "must read no index of a device, got %s", run);
        checkSent(run, reads.operands, reads.buffers);
      }
      checkResults(run, reads.buffers);
    }

    private void read(String name, Reads reads) {
      if (name.startsWith(CompositeParts.OPERAND)) {
        int operand = place(name, CompositeParts.OPERAND, rule.read.size());
        reads.operands.add(operand);
        reads.sides.add(rule.isOfGroups(rule.read.get(operand)) ? Side.SENT : Side.RECEIVED);
      } else if (name.startsWith(CompositeParts.MEMBER)) {
        over(List.of(name.substring(CompositeParts.MEMBER.length()).split("\\.")), rule.inner);
        reads.members++;
      } else {
        Buffer buffer = buffer(name);
        int place = use(name);
        require(!addends.contains(name), "addends must be summed, got %s", name);
        reads.buffers.add(buffer);
        Side side = side(buffer);
        if (side == with(side)) {
          reads.places.add(place);
        }
        reads.sides.add(with(side));
      }
    }

    private static void ascend(List<Integer> places, Part.Run run) {
      for (int i = 1; i < places.size(); i++) {
        boolean ascends = places.get(i - 1) < places.get(i);
        require(ascends, "must read and write in their order, got %s", run);
      }
    }

    /**
     * Received rows are those of their counts; of addends along the inner axes each has an index.
     */
    private void checkReceived(Part.Run run, Reads reads) {
      long counts =
          reads.buffers.stream().filter(each -> side(each) == Side.RECEIVED_COUNTS).count();
      require(counts == 1, "must read the counts of received rows once, got %s", run);
      boolean isIndexed = !reads.operands.isEmpty() && !rule.inner.isEmpty();
      require(
          reads.members == (isIndexed ? 1 : 0),
          "must read a device's index over %s, got %s",
          Held.names(rule.inner),
          run);
    }

    /** Rows that a device sends, or gets back, are those of an operand. */
    private void checkSent(Part.Run run, List<Integer> operands, List<Buffer> buffersRead) {
      Stream<Buffer> all =
          Stream.concat(
              buffersRead.stream(),
              run.writes().stream().filter(buffers::containsKey).map(this::buffer));
      all.forEach(
          each -> {
            if (each.extents().getFirst() instanceof Extent.Local rows) {
              boolean isRead = operands.contains(rows.operand());
              require(isRead, "must read operand %s, got %s", rows.operand(), run);
            }
          });
    }

    private Side written(String name) {
      if (!name.startsWith(CompositeParts.RESULT)) {
        Side side = side(buffer(name));
        writes(name, side);
        if (side == Side.RECEIVED && !rule.inner.isEmpty()) {
          addends.add(name);
        }
        return with(side);
      }
      int result = place(name, CompositeParts.RESULT, rule.said.size());
      write(name);
      return rule.isOfGroups(rule.said.get(result)) ? Side.SENT : Side.RECEIVED;
    }

    /** A result of groups is cut along another label if it is made of rows cut along it. */
    private void checkResults(Part.Run run, List<Buffer> buffersRead) {
      boolean isCut =
          buffersRead.stream()
              .flatMap(each -> each.extents().stream())
              .anyMatch(Extent.Chunk.class::isInstance);
      List<Integer> results = new ArrayList<>();
      for (String name : run.writes()) {
        if (name.startsWith(CompositeParts.RESULT)) {
          int result = place(name, CompositeParts.RESULT, rule.said.size());
          results.add(result);
          Held said = rule.said.get(result);
          boolean lies =
              said.cuts().stream()
                  .anyMatch(cut -> !cut.label().equals(rule.groups) && !cut.isWhole());
          boolean fits = !rule.isOfGroups(said) || lies == isCut;
          require(fits, "%s must be made of rows that are cut as it is, got %s", name, said);
        }
      }
      ascend(results, run);
    }

    private static Side with(Side side) {
      return side == Side.SENT_COUNTS
          ? Side.SENT
          : side == Side.RECEIVED_COUNTS ? Side.RECEIVED : side;
    }

    private static int place(String name, String prefix, int count) {
      String digits = name.substring(prefix.length());
      boolean fits = digits.matches("[0-9]{1,6}") && Integer.parseInt(digits) < count;
      require(fits, "must name one of %s, got %s", count, name);
      return Integer.parseInt(digits);
    }
  }
}
