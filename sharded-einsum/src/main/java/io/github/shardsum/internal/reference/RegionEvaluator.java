package io.github.shardsum.internal.reference;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.types.RegionMembers;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Evaluates the communications of manual regions, and the operands and results of a region. */
final class RegionEvaluator {
  private RegionEvaluator() {}

  /** The result of each member. */
  static List<ReferenceArray> of(
      Communication communication, ValueType type, List<ReferenceArray> x, RegionMembers family) {
    List<ReferenceArray> results = new ArrayList<>();
    for (int member = 0; member < family.members(); member++) {
      int index = family.index(member, communication.axes());
      List<Integer> group = family.group(member, communication.axes());
      List<ReferenceArray> parts =
          communication instanceof AxisIndex ? List.of() : group.stream().map(x::get).toList();
      results.add(
          switch (communication) {
            case AllReduce(_, ReduceKind by, _) -> reduced(parts, communication, by);
            case AllGather(_, String label, _) -> gathered(type, parts, label);
            case ReduceScatter(_, String label, _) ->
                chunk(type, reduced(parts, communication, ReduceKind.SUM), label, index);
            case AllToAll(_, String from, String to, _) -> {
              ReferenceArray all = ReferenceArray.of(type);
              for (int i = 0; i < parts.size(); i++) {
                ValueType part = resized(type, from, parts.get(i).type().size(from));
                put(all, chunk(part, parts.get(i), to, index), from, i);
              }
              yield all;
            }
            case Permute permute -> {
              int source = permute.routes().source(index, group.size());
              yield source < 0 ? ReferenceArray.of(type) : parts.get(source);
            }
            case OwnChunk(_, String label, _) -> chunk(type, x.get(member), label, index);
            case AxisIndex _ -> {
              ReferenceArray number = ReferenceArray.of(type);
              number.set(0, (long) index);
              yield number;
            }
          });
    }
    return results;
  }

  private static ValueType resized(ValueType type, String label, long size) {
    List<Long> sizes = new ArrayList<>(type.sizes());
    sizes.set(type.axis(label), size);
    return ValueType.of(type.dtype(), type.names(), sizes);
  }

  private static ReferenceArray reduced(
      List<ReferenceArray> parts, Communication communication, ReduceKind by) {
    ReferenceArray sum = combined(parts, by, communication.axes());
    return rounded(sum);
  }

  private static ReferenceArray combined(
      List<ReferenceArray> parts, ReduceKind by, List<io.github.shardsum.program.MeshAxis> axes) {
    return RegionMembers.combine(parts, axes, (a, b) -> combined(a, b, by));
  }

  /** The combination of two values; a floating-point result is not yet rounded. */
  private static ReferenceArray combined(ReferenceArray a, ReferenceArray b, ReduceKind by) {
    ReferenceArray both = ReferenceArray.of(a.type());
    for (int at = 0; at < a.count(); at++) {
      if (a.floating()) {
        double x = a.reals()[at];
        double y = b.reals()[at];
        both.reals()[at] =
            switch (by) {
              case SUM -> x + y;
              case MAX -> Math.max(x, y);
              case MIN -> Math.min(x, y);
            };
      } else {
        long x = a.wholes()[at];
        long y = b.wholes()[at];
        both.set(
            at,
            switch (by) {
              case SUM -> x + y;
              case MAX -> Math.max(x, y);
              case MIN -> Math.min(x, y);
            });
      }
    }
    return both;
  }

  private static ReferenceArray rounded(ReferenceArray x) {
    ReferenceArray rounded = ReferenceArray.of(x.type());
    for (int at = 0; at < x.count(); at++) {
      if (x.floating()) {
        rounded.set(at, x.reals()[at]);
      } else {
        rounded.set(at, x.wholes()[at]);
      }
    }
    return rounded;
  }

  private static ReferenceArray gathered(ValueType type, List<ReferenceArray> parts, String label) {
    ReferenceArray all = ReferenceArray.of(type);
    for (int i = 0; i < parts.size(); i++) {
      put(all, parts.get(i), label, i);
    }
    return all;
  }

  /** Writes one of equal chunks along a label. */
  private static void put(ReferenceArray all, ReferenceArray part, String label, int index) {
    LabelRows rows = new LabelRows(part.type(), label);
    long whole = all.type().size(label);
    rows.forEach(
        row -> {
          for (int i = 0; i < row.size(); i++) {
            long to = (row.outer() * whole + (long) index * row.size() + i) * row.step();
            all.copy(Math.toIntExact(to + row.within()), part, row.at(i));
          }
        });
  }

  /** One of equal chunks along a label. */
  private static ReferenceArray chunk(ValueType type, ReferenceArray x, String label, int index) {
    ReferenceArray part = ReferenceArray.of(type);
    LabelRows rows = new LabelRows(type, label);
    long whole = x.type().size(label);
    rows.forEach(
        row -> {
          for (int i = 0; i < row.size(); i++) {
            long from = (row.outer() * whole + (long) index * row.size() + i) * row.step();
            part.copy(row.at(i), x, Math.toIntExact(from + row.within()));
          }
        });
    return part;
  }

  /** A member's part of a region's operand. */
  static ReferenceArray part(ReferenceArray operand, Term term, RegionMembers family, int member) {
    ReferenceArray part = operand;
    for (int dim = 0; dim < term.size(); dim++) {
      if (!term.axis(dim).mesh().isEmpty()) {
        String label = term.axis(dim).label();
        int parts = new RegionMembers(family.named(term.axis(dim).mesh())).members();
        ValueType type = resized(part.type(), label, part.type().size(label) / parts);
        part = chunk(type, part, label, family.indexOf(member, term.axis(dim).mesh()));
      }
    }
    return part;
  }

  /** A region's result, joined from the outputs of a group that begins with the given member. */
  static ReferenceArray whole(
      List<ReferenceArray> each, Term term, RegionMembers family, int member) {
    return whole(each, term, family, member, term.size() - 1);
  }

  private static ReferenceArray whole(
      List<ReferenceArray> each, Term term, RegionMembers family, int member, int dim) {
    if (dim < 0) {
      var axes = family.named(term.partial());
      List<ReferenceArray> addends = family.group(member, axes).stream().map(each::get).toList();
      return rounded(combined(addends, ReduceKind.SUM, axes));
    }
    var axes = family.named(term.axis(dim).mesh());
    List<ReferenceArray> chunks =
        family.group(member, axes).stream()
            .map(chunk -> whole(each, term, family, chunk, dim - 1))
            .toList();
    ValueType type = chunks.getFirst().type();
    String label = term.axis(dim).label();
    return gathered(resized(type, label, type.size(label) * chunks.size()), chunks, label);
  }
}
