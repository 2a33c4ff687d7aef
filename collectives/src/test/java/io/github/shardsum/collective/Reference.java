package io.github.shardsum.collective;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** The pseudocode of the contracts, word for word, over the operands of all devices. */
final class Reference {
  private Reference() {}

  /** The result of each device of the mesh. */
  static List<Tensor> run(
      Mesh mesh, Collective collective, List<Tensor> x, List<Optional<RaggedCounts>> counts) {
    var groups = mesh.groups(collective.axes());
    List<Tensor> out = new ArrayList<>(x);
    for (int group = 0; group < groups.count(); group++) {
      int[] devices = groups.devices(group);
      List<Tensor> mine = new ArrayList<>();
      List<RaggedCounts> rows = new ArrayList<>();
      for (int device : devices) {
        mine.add(x.get(device));
        counts.get(device).ifPresent(rows::add);
      }
      List<Tensor> results = group(mesh, collective, devices, mine, rows);
      for (int member = 0; member < devices.length; member++) {
        out.set(devices[member], results.get(member));
      }
    }
    return out;
  }

  private static List<Tensor> group(
      Mesh mesh, Collective collective, int[] devices, List<Tensor> x, List<RaggedCounts> counts) {
    int p = x.size();
    return switch (collective) {
      case Collective.AllReduce(var axes, var reduction, var order) ->
          Collections.nCopies(p, reduce(mesh, axes, order, devices, x, reduction));
      case Collective.ReduceScatter(var axes, var reduction, int dim, var order) -> {
        Tensor total = reduce(mesh, axes, order, devices, x, reduction);
        yield each(p, i -> take(total, dim, sizes(mesh, axes), i));
      }
      case Collective.AllGather(var _, int dim, var _) -> Collections.nCopies(p, concat(dim, x));
      case Collective.AllToAll(var axes, int split, int concat, var _) ->
          each(
              p,
              j ->
                  concat(
                      concat, x.stream().map(t -> take(t, split, sizes(mesh, axes), j)).toList()));
      case Collective.Exchange(var _, int dim, var from, var to) ->
          each(p, j -> exchanged(x, dim, from, to, j));
      case Collective.RaggedAllToAll _ -> each(p, j -> rows(x, counts, j));
      case Collective.Permute permute -> each(p, t -> received(permute, x, t));
      case Collective.Broadcast(var _, int root) -> each(p, _ -> x.get(root).copy());
      case Collective.Barrier _ -> x;
    };
  }

  private static List<Tensor> each(int p, IntFunction<Tensor> result) {
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < p; i++) {
      results.add(result.apply(i));
    }
    return results;
  }

  private static List<Integer> sizes(Mesh mesh, List<String> axes) {
    return axes.stream().map(mesh::size).toList();
  }

  /** A chunk of a chunk of ..., one level after another. */
  static Tensor take(Tensor x, int dim, List<Integer> sizes, int part) {
    Tensor taken = x;
    int count = sizes.stream().reduce(1, (a, b) -> a * b);
    int rest = part;
    for (int parts : sizes) {
      count /= parts;
      long n = taken.size(dim);
      long full = Math.ceilDiv(n, parts);
      long from = Math.min(n, full * (rest / count));
      taken = taken.slice(dim, from, Math.min(n, from + full));
      rest %= count;
    }
    return taken;
  }

  /** Element by element, of any member that holds it. */
  private static Tensor exchanged(List<Tensor> x, int dim, Cut from, Cut to, int j) {
    List<Tensor> elements = new ArrayList<>();
    elements.add(x.get(j).slice(dim, 0, 0));
    for (long g = to.start(j); g < to.end(j); g++) {
      int holder = -1;
      for (int i = 0; i < x.size(); i++) {
        holder = from.start(i) <= g && g < from.end(i) ? i : holder;
      }
      long at = g - from.start(holder);
      elements.add(x.get(holder).slice(dim, at, at + 1));
    }
    return concat(dim, elements);
  }

  private static Tensor concat(int dim, List<Tensor> x) {
    long[] sizes = x.getFirst().shape().toArray();
    sizes[dim] = x.stream().mapToLong(t -> t.size(dim)).sum();
    Tensor out = Tensor.zeros(x.getFirst().dtype(), sizes);
    long at = 0;
    for (Tensor part : x) {
      out.slice(dim, at, at + part.size(dim)).assign(part);
      at += part.size(dim);
    }
    return out;
  }

  private static Tensor rows(List<Tensor> x, List<RaggedCounts> counts, int j) {
    long[] sizes = x.get(j).shape().toArray();
    sizes[0] = counts.get(j).rowsReceived();
    Tensor out = Tensor.zeros(x.get(j).dtype(), sizes);
    for (int i = 0; i < x.size(); i++) {
      long from = counts.get(i).sendOffset(j);
      long to = counts.get(j).receiveOffset(i);
      long n = counts.get(i).send(j);
      if (n > 0) {
        out.slice(0, to, to + n).assign(x.get(i).slice(0, from, from + n));
      }
    }
    return out;
  }

  private static Tensor received(Collective.Permute permute, List<Tensor> x, int target) {
    return permute.pairs().stream()
        .filter(pair -> pair.target() == target)
        .findFirst()
        .map(pair -> x.get(pair.source()).copy())
        .orElseGet(() -> Tensor.zeros(x.get(target).dtype(), x.get(target).shape()));
  }

  /**
   * Element by element, along the tree over the group's coordinates in the mesh's order, or over
   * its members as they are.
   */
  private static Tensor reduce(
      Mesh mesh,
      List<String> axes,
      Order order,
      int[] devices,
      List<Tensor> x,
      Reduction reduction) {
    boolean isFlat = order == Order.INDEX;
    List<String> ordered = mesh.axisNames().stream().filter(axes::contains).toList();
    List<Tensor> leaves = isFlat ? x : leaves(mesh, ordered, devices, x, new ArrayList<>());
    List<Integer> sizes = isFlat ? List.of(x.size()) : ordered.stream().map(mesh::size).toList();
    Tensor first = x.getFirst();
    Tensor out = Tensor.zeros(first.dtype(), first.shape());
    for (long[] place : places(first.shape())) {
      List<Object> terms = leaves.stream().map(leaf -> get(leaf, place)).toList();
      set(out, finish(along(sizes, terms, reduction), first.dtype(), reduction, x.size()), place);
    }
    return out;
  }

  private static List<long[]> places(Shape shape) {
    List<long[]> places = new ArrayList<>();
    for (long k = 0; k < shape.elementCount(); k++) {
      long[] place = new long[shape.rank()];
      long rest = k;
      for (int d = shape.rank() - 1; d >= 0; d--) {
        place[d] = rest % shape.size(d);
        rest /= shape.size(d);
      }
      places.add(place);
    }
    return places;
  }

  /** The operands by the coordinates of their devices, row-major. */
  private static List<Tensor> leaves(
      Mesh mesh, List<String> axes, int[] devices, List<Tensor> x, List<Integer> coordinates) {
    List<Tensor> leaves = new ArrayList<>();
    if (coordinates.size() < axes.size()) {
      for (int c = 0; c < mesh.size(axes.get(coordinates.size())); c++) {
        List<Integer> further = new ArrayList<>(coordinates);
        further.add(c);
        leaves.addAll(leaves(mesh, axes, devices, x, further));
      }
      return leaves;
    }
    for (int member = 0; member < devices.length; member++) {
      boolean here = true;
      for (int i = 0; i < axes.size(); i++) {
        here &= mesh.coordinate(devices[member], axes.get(i)) == coordinates.get(i);
      }
      if (here) {
        leaves.add(x.get(member));
      }
    }
    return leaves;
  }

  /** Along the tree of the major axis, each leaf of which is the tree of the axes after it. */
  private static Object along(List<Integer> sizes, List<Object> terms, Reduction reduction) {
    if (sizes.isEmpty()) {
      return terms.getFirst();
    }
    int inner = terms.size() / sizes.getFirst();
    List<Object> parts = new ArrayList<>();
    for (int c = 0; c < sizes.getFirst(); c++) {
      List<Object> part = terms.subList(c * inner, (c + 1) * inner);
      parts.add(along(sizes.subList(1, sizes.size()), part, reduction));
    }
    return tree(parts, reduction);
  }

  private static Object tree(List<Object> terms, Reduction reduction) {
    int n = terms.size();
    if (n == 1) {
      return terms.getFirst();
    }
    int half = 1;
    while (half * 2 < n) {
      half *= 2;
    }
    return combine(
        tree(terms.subList(0, half), reduction),
        tree(terms.subList(half, n), reduction),
        reduction);
  }

  private static Object get(Tensor x, long[] place) {
    return switch (x.dtype()) {
      case F32, BF16 -> (float) x.getDouble(place);
      case F64 -> x.getDouble(place);
      case I32 -> (int) x.getLong(place);
      case I64 -> x.getLong(place);
      case BOOL -> x.getLong(place) != 0;
    };
  }

  private static Object combine(Object left, Object right, Reduction reduction) {
    return switch (left) {
      case Float a -> {
        float b = (Float) right;
        yield switch (reduction) {
          case SUM, MEAN -> a + b;
          case PROD -> a * b;
          case MIN -> Math.min(a, b);
          case MAX -> Math.max(a, b);
        };
      }
      case Double a -> {
        double b = (Double) right;
        yield switch (reduction) {
          case SUM, MEAN -> a + b;
          case PROD -> a * b;
          case MIN -> Math.min(a, b);
          case MAX -> Math.max(a, b);
        };
      }
      case Integer a -> {
        int b = (Integer) right;
        yield switch (reduction) {
          case SUM, MEAN -> a + b;
          case PROD -> a * b;
          case MIN -> Math.min(a, b);
          case MAX -> Math.max(a, b);
        };
      }
      case Long a -> {
        long b = (Long) right;
        yield switch (reduction) {
          case SUM, MEAN -> a + b;
          case PROD -> a * b;
          case MIN -> Math.min(a, b);
          case MAX -> Math.max(a, b);
        };
      }
      case Boolean a -> {
        boolean b = (Boolean) right;
        yield switch (reduction) {
          case SUM, MAX -> a || b;
          case PROD, MIN -> a && b;
          case MEAN -> throw new AssertionError("bool has no mean");
        };
      }
      default -> throw new AssertionError(left);
    };
  }

  private static Object finish(Object sum, DType dtype, Reduction reduction, int p) {
    boolean mean = reduction == Reduction.MEAN;
    return switch (sum) {
      case Float a -> {
        float value = mean ? a / p : a;
        float canonical = Float.isNaN(value) ? Float.NaN : value;
        yield dtype == DType.BF16 ? (Object) Bf16.fromFloat(canonical) : (Object) canonical;
      }
      case Double a -> {
        double value = mean ? a / p : a;
        yield Double.isNaN(value) ? Double.NaN : value;
      }
      case Integer a -> mean ? a / p : a;
      case Long a -> mean ? a / p : a;
      default -> sum;
    };
  }

  private static void set(Tensor out, Object value, long[] place) {
    switch (value) {
      case Float a -> ((float[]) array(out))[index(out, place)] = a;
      case Double a -> ((double[]) array(out))[index(out, place)] = a;
      case Short a -> ((short[]) array(out))[index(out, place)] = a;
      case Integer a -> ((int[]) array(out))[index(out, place)] = a;
      case Long a -> ((long[]) array(out))[index(out, place)] = a;
      case Boolean a -> ((byte[]) array(out))[index(out, place)] = (byte) (a ? 1 : 0);
      default -> throw new AssertionError(value);
    }
  }

  private static Object array(Tensor tensor) {
    return tensor.array().orElseThrow();
  }

  private static int index(Tensor tensor, long[] place) {
    long index = 0;
    for (int d = 0; d < place.length; d++) {
      index += place[d] * tensor.stride(d);
    }
    return (int) index;
  }
}
