package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.CompositeParts.Place;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Follows the flow of rows through the parts of a composite, for {@link RowsRule}. For each buffer
 * this class knows the pieces that are written and the pieces that were read.
 */
final class RowsFlow {
  /** The side of a buffer: rows that a device sends, or rows that it receives. */
  private enum Side {
    SENT,
    SENT_COUNTS,
    RECEIVED,
    RECEIVED_COUNTS
  }

  private final RowsRule rule;
  private final CompositeParts parts;
  private final Map<String, Buffer> buffers = new HashMap<>();

  /** The number of pieces in which rows travel. */
  private final int pieces;

  /** The written pieces of each buffer and result. */
  private final Map<Place, Set<Piece>> written = new LinkedHashMap<>();

  /** Blocks that the parts which run together write; none of these parts may read them. */
  private final List<Block> pending = new ArrayList<>();

  /** The pieces of each buffer that were read. */
  private final Map<Place, Set<Piece>> used = new HashMap<>();

  /** The order in which local composites wrote rows; travelling rows keep it. */
  private final Map<Place, Integer> ranks = new HashMap<>();

  /** Received rows that are addends along the inner axes. */
  private final Set<Block> addends = new HashSet<>();

  /** Received rows that are sums over the inner axes. */
  private final Set<Block> sums = new HashSet<>();

  /** The composite that writes the pieces of each buffer and result. */
  private final Map<Place, Part.Run> writers = new HashMap<>();

  private final Set<Integer> read = new HashSet<>();
  private boolean isAgreed;

  /** Buffers of rows that came back. */
  private final Set<Place> back = new HashSet<>();

  /** For each result with groups, the first rank of the rows that it is made of. */
  private final SortedMap<Integer, Integer> ranksOfResults = new TreeMap<>();

  /** A piece of a buffer or result. */
  private record Block(Place place, Piece piece) {}

  RowsFlow(RowsRule rule) {
    this.rule = rule;
    this.parts = rule.action.parts();
    this.pieces = parts.pieces();
    for (Buffer buffer : parts.buffers()) {
      boolean isNew = buffers.put(buffer.name(), buffer) == null;
      require(
          isNew && !buffer.name().contains("."),
          "buffers must have distinct names without dots, got %s",
          buffer);
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
          reads(swap.x(), Side.SENT_COUNTS, Piece.WHOLE);
          writes(swap.out(), Side.RECEIVED_COUNTS, Piece.WHOLE);
        }
        case Part.Agree agree -> {
          over(Set.copyOf(agree.axes()), rule.tokens);
          reads(agree.counts(), Side.RECEIVED_COUNTS, Piece.WHOLE);
          require(!isAgreed, "devices must agree once, got %s", agree);
          isAgreed = true;
        }
        case Part.Rows rows -> rows(rows);
        case Part.Overlapped overlapped -> {
          overlapped.rows().forEach(this::rows);
          run(overlapped.run());
        }
        case Part.Reduce reduce -> reduce(reduce);
      }
      pending.forEach(this::write);
      pending.clear();
    }
    checkEnd();
  }

  private void checkEnd() {
    long results = rule.said.stream().filter(rule::isOfGroups).count();
    require(back.size() == results, "rows must come back for %s results, got %s", results, back);
    back.forEach(rows -> require(isComplete(rows), "all pieces of %s must come back", rows));
    for (int i = 0; i < rule.read.size(); i++) {
      require(read.contains(i), "operand %s must be read", i);
    }
    for (int i = 0; i < rule.said.size(); i++) {
      require(isComplete(new Place.Result(i)), "result %s must be written", i);
    }
    written.forEach(
        (place, all) -> {
          boolean isRead =
              place instanceof Place.Result || all.stream().allMatch(piece -> isUsed(place, piece));
          require(isRead, "%s must be read", place);
        });
    ascend(List.copyOf(ranksOfResults.values()), rule.action.statement());
  }

  /** Whether all of a buffer or result is written. */
  private boolean isComplete(Place place) {
    return isAll(written.getOrDefault(place, Set.of()));
  }

  private boolean isAll(Set<Piece> some) {
    return some.contains(Piece.WHOLE) || (pieces > 1 && some.size() == pieces);
  }

  private boolean isUsed(Place place, Piece piece) {
    Set<Piece> all = used.getOrDefault(place, Set.of());
    return piece.isWhole() ? isAll(all) : all.contains(piece) || all.contains(Piece.WHOLE);
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

  /** A device's own rows are those of its groups. */
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
            ? Set.copyOf(wide).equals(Set.copyOf(CheckedParts.names(asked)))
            : wide.equals(CheckedParts.names(asked));
    require(fits, "must be over %s, got %s", CheckedParts.names(asked), axes);
  }

  private Buffer buffer(Place.InBuffer in) {
    Buffer buffer = buffers.get(in.buffer());
    require(buffer != null, "must name a buffer of %s, got %s", buffers.keySet(), in);
    return Objects.requireNonNull(buffer);
  }

  private void reads(Place.InBuffer in, Side side, Piece piece) {
    use(in, piece);
    require(side(buffer(in)) == side, "%s must be %s", in, side);
  }

  private void use(Place.InBuffer in, Piece piece) {
    require(isWritten(in, piece), "%s must be written before it is read, of %s", in, piece);
    used.computeIfAbsent(in, _ -> new HashSet<>()).add(piece);
  }

  /**
   * Whether a piece may be read. Received rows must be read in the pieces in which they came. Rows
   * that a device sends are in the order of all columns: all of them may be read when every piece
   * is written, and a piece may be read if all rows were written as one.
   */
  private boolean isWritten(Place.InBuffer in, Piece piece) {
    Set<Piece> all = written.getOrDefault(in, Set.of());
    if (side(buffer(in)) != Side.SENT) {
      return all.contains(piece);
    }
    return piece.isWhole() ? isAll(all) : all.contains(Piece.WHOLE);
  }

  /** The rank of rows that are written. */
  private int rank(Place.InBuffer in) {
    return ranks.getOrDefault(in, -1);
  }

  private void rank(Place.InBuffer in, int rank) {
    int first = ranks.computeIfAbsent(in, _ -> rank);
    require(first == rank, "pieces of %s must be of the same rows", in);
  }

  private void writes(Place.InBuffer in, Side side, Piece piece) {
    require(side(buffer(in)) == side, "%s must be %s", in, side);
    pending.add(new Block(in, piece));
  }

  private void write(Block block) {
    Set<Piece> all = written.computeIfAbsent(block.place(), _ -> new HashSet<>());
    boolean isFree = block.piece().isWhole() ? all.isEmpty() : !all.contains(Piece.WHOLE);
    require(
        isFree && all.add(block.piece()),
        "%s must be written once, got %s again",
        block.place(),
        block.piece());
  }

  /** Every piece must be all of the rows, or one of the number of pieces in which rows travel. */
  private void check(Piece piece) {
    boolean fits = piece.isWhole() || piece.count() == pieces;
    require(fits, "pieces must be of %s, got %s", pieces, piece);
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
    check(rows.piece());
    require(isAgreed, "devices must agree on the bound before rows travel");
    boolean isBack = side(buffer(rows.x())) == Side.RECEIVED;
    reads(rows.sends(), isBack ? Side.RECEIVED_COUNTS : Side.SENT_COUNTS, Piece.WHOLE);
    reads(rows.receives(), isBack ? Side.SENT_COUNTS : Side.RECEIVED_COUNTS, Piece.WHOLE);
    reads(rows.x(), isBack ? Side.RECEIVED : Side.SENT, rows.piece());
    writes(rows.out(), isBack ? Side.SENT : Side.RECEIVED, rows.piece());
    rank(rows.out(), rank(rows.x()));
    alike(buffer(rows.x()), buffer(rows.out()));
    if (isBack) {
      boolean isSum = rule.inner.isEmpty() || sums.contains(new Block(rows.x(), rows.piece()));
      require(isSum, "addends must be summed over %s, got %s", rule.inner, rows.x());
      back.add(rows.out());
    }
  }

  private void reduce(Part.Reduce reduce) {
    over(reduce.axes(), rule.inner);
    check(reduce.piece());
    reads(reduce.counts(), Side.RECEIVED_COUNTS, Piece.WHOLE);
    reads(reduce.x(), Side.RECEIVED, reduce.piece());
    writes(reduce.out(), Side.RECEIVED, reduce.piece());
    rank(reduce.out(), rank(reduce.x()));
    boolean isAddend = addends.remove(new Block(reduce.x(), reduce.piece()));
    require(isAddend, "must sum addends once, got %s", reduce.x());
    sums.add(new Block(reduce.out(), reduce.piece()));
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
   * The operands, buffers and sides that a local composite reads, and the number of device indices.
   */
  private static final class Reads {
    final Set<Side> sides = new HashSet<>();
    final List<Integer> operands = new ArrayList<>();
    final List<Integer> ranks = new ArrayList<>();
    final List<Buffer> buffers = new ArrayList<>();
    long members;
  }

  /** A local composite reads either rows that a device sends or rows that it receives. */
  private void run(Part.Run run) {
    boolean isOfStatement =
        run.attributes().entrySet().containsAll(rule.action.composite().attributes().entrySet());
    require(isOfStatement, "must have the attributes of %s, got %s", rule.action.op(), run);
    check(run.piece());
    Reads reads = new Reads();
    run.reads().forEach(place -> read(place, run.piece(), reads));
    ascend(reads.operands, run);
    ascend(reads.ranks, run);
    read.addAll(reads.operands);
    run.writes().forEach(place -> reads.sides.add(written(place, run.piece())));
    checkWriter(run);
    require(reads.sides.size() == 1, "a local composite must be on one side, got %s", run);
    if (reads.sides.contains(Side.RECEIVED)) {
      checkReceived(run, reads);
    } else {
      require(reads.members == 0, "must read no index of a device, got %s", run);
      require(run.piece().isWhole(), "must be of all rows that a device sends, got %s", run);
      checkSent(run, reads.operands, reads.buffers);
    }
    checkResults(run, reads);
  }

  /** All pieces are made by the same composite of the same operands. */
  private void checkWriter(Part.Run run) {
    Part.Run whole =
        new Part.Run(run.composite(), run.attributes(), run.reads(), run.writes(), Piece.WHOLE);
    for (Place place : run.writes()) {
      Part.Run first = writers.computeIfAbsent(place, _ -> whole);
      boolean fits = first.equals(whole);
      require(fits, "pieces of %s must be made by one composite, got %s and %s", place, first, run);
    }
  }

  private void read(Place place, Piece piece, Reads reads) {
    switch (place) {
      case Place.Operand(int operand) -> {
        reads.operands.add(operand);
        reads.sides.add(side(rule.read, operand));
      }
      case Place.Member(List<String> axes) -> {
        over(axes, rule.inner);
        reads.members++;
      }
      case Place.InBuffer in -> {
        Buffer buffer = buffer(in);
        Side side = side(buffer);
        Piece own = side == Side.RECEIVED ? piece : Piece.WHOLE;
        use(in, own);
        boolean isAddend = addends.contains(new Block(in, own));
        require(!isAddend, "addends must be summed, got %s", in);
        reads.buffers.add(buffer);
        if (side == with(side)) {
          reads.ranks.add(rank(in));
        }
        reads.sides.add(with(side));
      }
      case Place.Result _ -> throw new PlanRefusedException("must read no result, got " + place);
    }
  }

  /** The side of an operand or result. */
  private Side side(List<CheckedParts> all, int index) {
    boolean fits = 0 <= index && index < all.size();
    require(fits, "must be one of %s values, got number %s", all.size(), index);
    return rule.isOfGroups(all.get(index)) ? Side.SENT : Side.RECEIVED;
  }

  private static void ascend(List<Integer> places, Object what) {
    for (int i = 1; i < places.size(); i++) {
      boolean ascends = places.get(i - 1) < places.get(i);
      require(ascends, "must read and write in their order, got %s", what);
    }
  }

  /**
   * A composite that reads received rows also reads their counts. If it reads operands too, and a
   * label of the weights is split over inner axes, it also reads a device's index over these axes.
   */
  private void checkReceived(Part.Run run, Reads reads) {
    long counts = reads.buffers.stream().filter(each -> side(each) == Side.RECEIVED_COUNTS).count();
    require(counts == 1, "must read the counts of received rows once, got %s", run);
    boolean isIndexed = !reads.operands.isEmpty() && !rule.inner.isEmpty();
    require(
        reads.members == (isIndexed ? 1 : 0),
        "must read a device's index over %s, got %s",
        CheckedParts.names(rule.inner),
        run);
  }

  /** Rows that a device sends, or gets back, are those of an operand. */
  private void checkSent(Part.Run run, List<Integer> operands, List<Buffer> buffersRead) {
    Stream<Buffer> all =
        Stream.concat(
            buffersRead.stream(),
            run.writes().stream()
                .filter(Place.InBuffer.class::isInstance)
                .map(place -> buffer((Place.InBuffer) place)));
    all.forEach(
        each -> {
          if (each.extents().getFirst() instanceof Extent.Local rows) {
            boolean isRead = operands.contains(rows.operand());
            require(isRead, "must read operand %s, got %s", rows.operand(), run);
          }
        });
  }

  private Side written(Place place, Piece piece) {
    pending.add(new Block(place, piece));
    return switch (place) {
      case Place.InBuffer in -> {
        Side side = side(buffer(in));
        ranks.putIfAbsent(in, ranks.size());
        if (side == Side.RECEIVED && !rule.inner.isEmpty()) {
          addends.add(new Block(in, piece));
        }
        yield with(side);
      }
      case Place.Result(int result) -> side(rule.said, result);
      case Place.Operand _, Place.Member _ ->
          throw new PlanRefusedException("must write results and buffers, got " + place);
    };
  }

  /** A result of groups is cut along another label if its rows are cut along this label. */
  private void checkResults(Part.Run run, Reads reads) {
    boolean isCut =
        reads.buffers.stream()
            .flatMap(each -> each.extents().stream())
            .anyMatch(Extent.Chunk.class::isInstance);
    List<Integer> results = new ArrayList<>();
    for (Place place : run.writes()) {
      if (place instanceof Place.Result(int result)) {
        results.add(result);
        CheckedParts said = rule.said.get(result);
        if (rule.isOfGroups(said) && !reads.ranks.isEmpty()) {
          ranksOfResults.put(result, reads.ranks.getFirst());
        }
        boolean lies =
            said.cuts().stream()
                .anyMatch(cut -> !cut.label().equals(rule.groups) && !cut.isWhole());
        boolean fits = !rule.isOfGroups(said) || lies == isCut;
        require(fits, "%s must be made of rows that are cut as it is, got %s", place, said);
      }
    }
    ascend(results, run);
  }

  private static Side with(Side side) {
    return side == Side.SENT_COUNTS
        ? Side.SENT
        : side == Side.RECEIVED_COUNTS ? Side.RECEIVED : side;
  }
}
