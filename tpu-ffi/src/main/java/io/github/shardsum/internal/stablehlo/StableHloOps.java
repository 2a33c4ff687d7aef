package io.github.shardsum.internal.stablehlo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** One method for each operation of StableHLO that old and new plugins accept, in its text form. */
final class StableHloOps {
  private final ModuleWriter out;

  StableHloOps(ModuleWriter out) {
    this.out = out;
  }

  ModuleWriter out() {
    return out;
  }

  /** A constant: a scalar, or a tensor with this number everywhere. */
  Ssa constant(StableHloType type, String literal) {
    StableHloType scalar = StableHloType.scalar(type.element());
    Ssa one =
        out.define(
            String.format(Locale.ROOT, "stablehlo.constant dense<%s> : %s", literal, scalar),
            scalar);
    return broadcast(one, List.of(), type);
  }

  Ssa constant(StableHloType type, long value) {
    return constant(type, Literals.whole(type.element(), value));
  }

  /** A function of one element, or of elements of one type at the same place. */
  Ssa elementwise(String name, Ssa... operands) {
    StableHloType type = operands[0].type();
    return out.define(
        String.format(
            Locale.ROOT, "stablehlo.%s %s : %s", name, ModuleWriter.names(List.of(operands)), type),
        type);
  }

  Ssa compare(String direction, Ssa x, Ssa y) {
    StableHloType type = x.type().with(StableHloElementType.BOOL);
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.compare %s, %s, %s, %s : (%s, %s) -> %s",
            direction,
            x,
            y,
            x.element().comparison(),
            x.type(),
            y.type(),
            type),
        type);
  }

  Ssa select(Ssa condition, Ssa x, Ssa y) {
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.select %s, %s, %s : %s, %s",
            condition,
            x,
            y,
            condition.type(),
            x.type()),
        x.type());
  }

  /** A conversion to another type, exact for values that fit. */
  Ssa convert(Ssa x, StableHloElementType element) {
    return x.element() == element ? x : typed("convert", x, x.type().with(element));
  }

  Ssa bitcast(Ssa x, StableHloElementType element) {
    return typed("bitcast_convert", x, x.type().with(element));
  }

  private Ssa typed(String name, Ssa x, StableHloType type) {
    return out.define(
        String.format(Locale.ROOT, "stablehlo.%s %s : (%s) -> %s", name, x, x.type(), type), type);
  }

  Ssa reshape(Ssa x, List<Long> sizes) {
    StableHloType type = new StableHloType(x.element(), sizes);
    return type.equals(x.type()) ? x : typed("reshape", x, type);
  }

  Ssa transpose(Ssa x, List<Integer> order) {
    if (order.equals(IntStream.range(0, x.rank()).boxed().toList())) {
      return x;
    }
    StableHloType type = x.type().permuted(order);
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.transpose %s, dims = %s : (%s) -> %s",
            x,
            order,
            x.type(),
            type),
        type);
  }

  /** Dimension i of x becomes dimension {@code dims[i]} of the type. */
  Ssa broadcast(Ssa x, List<Integer> dims, StableHloType type) {
    if (x.type().equals(type) && dims.equals(IntStream.range(0, x.rank()).boxed().toList())) {
      return x;
    }
    // HLO needs the dimensions in rising order.
    List<Integer> rising = dims.stream().sorted().toList();
    Ssa ordered = transpose(x, rising.stream().map(dims::indexOf).toList());
    if (ordered.type().equals(type)) {
      return ordered;
    }
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.broadcast_in_dim %s, dims = %s : (%s) -> %s",
            ordered,
            rising,
            ordered.type(),
            type),
        type);
  }

  Ssa iota(StableHloType type, int dimension) {
    return out.define(
        String.format(Locale.ROOT, "stablehlo.iota dim = %d : %s", dimension, type), type);
  }

  /**
   * The elements at the indices {@code from}, {@code from + step}, ... below {@code to} of a
   * dimension. One element is taken with step 1: XLA loses it if the step is 3 or more and the
   * dimension is split.
   */
  Ssa slice(Ssa x, int dimension, long from, long to, long step) {
    long size = Math.ceilDiv(to - from, step);
    if (size == 1 && step > 1) {
      return slice(x, dimension, from, from + 1, 1);
    }
    StableHloType type = x.type().with(dimension, size);
    if (type.equals(x.type())) {
      return x;
    }
    List<String> ranges = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      ranges.add(
          i == dimension
              ? from + ":" + to + (step == 1 ? "" : ":" + step)
              : "0:" + x.type().sizes().get(i));
    }
    return out.define(
        String.format(Locale.ROOT, "stablehlo.slice %s %s : (%s) -> %s", x, ranges, x.type(), type),
        type);
  }

  Ssa pad(Ssa x, String fill, int dimension, long low, long high) {
    StableHloType type = x.type().with(dimension, x.type().sizes().get(dimension) + low + high);
    if (type.equals(x.type())) {
      return x;
    }
    StableHloType scalar = StableHloType.scalar(x.element());
    Ssa with = constant(scalar, fill);
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.pad %s, %s, low = %s, high = %s, interior = %s : (%s, %s) -> %s",
            x,
            with,
            at(dimension, low, x.rank()),
            at(dimension, high, x.rank()),
            at(dimension, 0, x.rank()),
            x.type(),
            scalar,
            type),
        type);
  }

  private static List<Long> at(int dimension, long value, int rank) {
    List<Long> all = new ArrayList<>(Collections.nCopies(rank, 0L));
    all.set(dimension, value);
    return all;
  }

  /**
   * Moves x along a dimension by a distance, with {@code fill} in the free places. x is cut before
   * it is padded: XLA mistakes a single pad of low = -high along a split dimension for the
   * identity.
   */
  Ssa shift(Ssa x, String fill, int dimension, long by) {
    long size = x.type().sizes().get(dimension);
    if (by == 0 || size == 0) {
      return x;
    }
    if (Math.abs(by) >= size || by == Long.MIN_VALUE) {
      return constant(x.type(), fill);
    }
    Ssa kept = slice(x, dimension, Math.max(0, -by), size - Math.max(0, by), 1);
    return pad(kept, fill, dimension, Math.max(0, by), Math.max(0, -by));
  }

  Ssa concatenate(List<Ssa> parts, int dimension) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    long size = parts.stream().mapToLong(part -> part.type().sizes().get(dimension)).sum();
    StableHloType type = parts.getFirst().type().with(dimension, size);
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.concatenate %s, dim = %d : (%s) -> %s",
            ModuleWriter.names(parts),
            dimension,
            ModuleWriter.types(parts),
            type),
        type);
  }

  /**
   * Combines elements along dimensions by an operation of two elements, beginning with an initial
   * value.
   */
  Ssa reduce(Ssa x, String operation, String first, List<Integer> dimensions) {
    if (dimensions.isEmpty()) {
      return x;
    }
    StableHloType scalar = StableHloType.scalar(x.element());
    StableHloType type = x.type().without(dimensions);
    Ssa init = constant(scalar, first);
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.reduce(%s init: %s) applies stablehlo.%s across dimensions = %s : (%s, %s)"
                + " -> %s",
            x,
            init,
            operation,
            dimensions.stream().sorted().toList(),
            x.type(),
            scalar,
            type),
        type);
  }

  /** A sum in the type of the elements; for bool, whether an element is true. */
  Ssa sum(Ssa x, List<Integer> dimensions) {
    return x.element() == StableHloElementType.BOOL
        ? reduce(x, "or", "false", dimensions)
        : reduce(x, "add", Literals.whole(x.element(), 0), dimensions);
  }

  /** Dimensions of both operands: batch dimensions, then summed dimensions. */
  record DotDimensions(
      List<Integer> leftBatch,
      List<Integer> rightBatch,
      List<Integer> leftSummed,
      List<Integer> rightSummed) {}

  Ssa dot(Ssa x, Ssa y, DotDimensions dims, StableHloElementType element, boolean highest) {
    List<Long> sizes = new ArrayList<>();
    dims.leftBatch().forEach(dim -> sizes.add(x.type().sizes().get(dim)));
    sizes.addAll(free(x, dims.leftBatch(), dims.leftSummed()));
    sizes.addAll(free(y, dims.rightBatch(), dims.rightSummed()));
    StableHloType type = new StableHloType(element, sizes);
    String batch =
        dims.leftBatch().isEmpty()
            ? ""
            : String.format(
                Locale.ROOT, "batching_dims = %s x %s, ", dims.leftBatch(), dims.rightBatch());
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.dot_general %s, %s, %scontracting_dims = %s x %s%s : (%s, %s) -> %s",
            x,
            y,
            batch,
            dims.leftSummed(),
            dims.rightSummed(),
            highest ? ", precision = [HIGHEST, HIGHEST]" : "",
            x.type(),
            y.type(),
            type),
        type);
  }

  private static List<Long> free(Ssa x, List<Integer> batch, List<Integer> summed) {
    List<Integer> bound = new ArrayList<>(batch);
    bound.addAll(summed);
    return x.type().without(bound).sizes();
  }

  Ssa dynamicSlice(Ssa x, List<Ssa> starts, List<Long> sizes) {
    StableHloType type = new StableHloType(x.element(), sizes);
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.dynamic_slice %s, %s, sizes = %s : (%s, %s) -> %s",
            x,
            ModuleWriter.names(starts),
            sizes,
            x.type(),
            ModuleWriter.types(starts),
            type),
        type);
  }

  Ssa dynamicUpdate(Ssa x, Ssa update, List<Ssa> starts) {
    return out.define(
        String.format(
            Locale.ROOT,
            "stablehlo.dynamic_update_slice %s, %s, %s : (%s, %s, %s) -> %s",
            x,
            update,
            ModuleWriter.names(starts),
            x.type(),
            update.type(),
            ModuleWriter.types(starts),
            x.type()),
        x.type());
  }

  void returnValues(List<Ssa> values) {
    out.line(
        String.format(
            Locale.ROOT,
            "stablehlo.return %s : %s",
            ModuleWriter.names(values),
            ModuleWriter.types(values)));
  }

  static String arguments(List<Ssa> values) {
    return values.stream()
        .map(value -> value + ": " + value.type())
        .collect(Collectors.joining(", "));
  }
}
