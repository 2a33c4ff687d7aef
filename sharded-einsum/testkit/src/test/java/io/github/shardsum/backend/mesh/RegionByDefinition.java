package io.github.shardsum.backend.mesh;

import io.github.shardsum.backend.mesh.ByDefinition.Elements;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Communication.Routes;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The definitions of what members of manual regions say to each other, element by element.
 *
 * @param members of the regions around: where each is along every axis
 */
record RegionByDefinition(List<Map<String, Integer>> members) {
  /** All places along axes, the last axis fastest. */
  static List<Map<String, Integer>> places(List<MeshAxis> axes) {
    List<Map<String, Integer>> places = List.of(Map.of());
    for (MeshAxis axis : axes) {
      List<Map<String, Integer>> longer = new ArrayList<>();
      for (Map<String, Integer> place : places) {
        for (int at = 0; at < axis.size(); at++) {
          Map<String, Integer> one = new HashMap<>(place);
          one.put(axis.name(), at);
          longer.add(one);
        }
      }
      places = longer;
    }
    return places;
  }

  private static int number(Map<String, Integer> place, List<MeshAxis> axes) {
    int number = 0;
    for (MeshAxis axis : axes) {
      number = number * axis.size() + place.getOrDefault(axis.name(), -1);
    }
    return number;
  }

  /** Axes by their names, major to minor as these are. */
  private static List<MeshAxis> named(List<String> names, List<MeshAxis> axes) {
    return names.stream()
        .map(name -> axes.stream().filter(axis -> axis.name().equals(name)).findFirst())
        .map(axis -> axis.orElseThrow())
        .toList();
  }

  /** The members that differ from one along some axes alone, by their number along these. */
  private int[] group(int member, List<MeshAxis> axes) {
    Map<String, Integer> own = members.get(member);
    int[] group = new int[axes.stream().mapToInt(MeshAxis::size).reduce(1, (a, b) -> a * b)];
    for (int other = 0; other < members.size(); other++) {
      Map<String, Integer> place = new HashMap<>(members.get(other));
      int number = number(place, axes);
      axes.forEach(axis -> place.put(axis.name(), own.getOrDefault(axis.name(), -1)));
      if (place.equals(own)) {
        group[number] = other;
      }
    }
    return group;
  }

  /** The results of a communication by member, from the operand of each member. */
  List<Elements> communicated(Communication operation, ValueType type, List<Elements> x) {
    List<Elements> results = new ArrayList<>();
    for (int member = 0; member < members.size(); member++) {
      int own = number(members.get(member), operation.axes());
      List<Elements> of = new ArrayList<>();
      if (!(operation instanceof AxisIndex)) {
        for (int other : group(member, operation.axes())) {
          of.add(x.get(other));
        }
      }
      results.add(ByDefinition.make(type, element(operation, type, of, own)));
    }
    return results;
  }

  private static Function<Map<String, Long>, Object> element(
      Communication operation, ValueType type, List<Elements> x, int own) {
    return switch (operation) {
      case AxisIndex _ -> _ -> BigInteger.valueOf(own);
      case AllReduce reduce -> index -> all(reduce.by(), type.dtype(), x, index);
      case AllGather gather -> index -> chunkwise(gather.label(), x, index);
      case ReduceScatter scatter ->
          index -> all(ReduceKind.SUM, type.dtype(), x, inChunk(index, scatter.label(), own, type));
      case AllToAll move ->
          index -> chunkwise(move.from(), x, inChunk(index, move.to(), own, type));
      case OwnChunk chunk -> index -> x.get(own).at(inChunk(index, chunk.label(), own, type));
      case Permute permute ->
          index -> {
            int from = source(permute.routes(), own, x.size());
            return from >= 0
                ? x.get(from).at(index)
                : type.dtype().isFloating() ? (Object) 0.0 : BigInteger.ZERO;
          };
    };
  }

  private static int source(Routes routes, int own, int members) {
    for (int from = 0; from < members; from++) {
      switch (routes) {
        case Routes.Shift(long by, boolean wraps) -> {
          long to = from + by;
          if (to == own || (wraps && (to - own) % members == 0)) {
            return from;
          }
        }
        case Routes.Pairs(List<Routes.Pair> pairs) -> {
          if (pairs.contains(new Routes.Pair(from, own))) {
            return from;
          }
        }
      }
    }
    return -1;
  }

  private static Map<String, Long> inChunk(
      Map<String, Long> index, String label, int chunk, ValueType part) {
    long at = chunk * part.size(label) + ByDefinition.at(index, label);
    return ByDefinition.with(index, label, at);
  }

  /** An element of parts that follow each other along a label. */
  private static Object chunkwise(String label, List<Elements> x, Map<String, Long> index) {
    long each = x.getFirst().type().size(label);
    long at = ByDefinition.at(index, label);
    return x.get(Math.toIntExact(at / each)).at(ByDefinition.with(index, label, at % each));
  }

  private static Object all(ReduceKind by, DType dtype, List<Elements> x, Map<String, Long> index) {
    Object result = x.getFirst().at(index);
    for (Elements next : x.subList(1, x.size())) {
      Object other = next.at(index);
      result =
          switch (by) {
            case SUM -> ByDefinition.plus(dtype, result, other);
            case MAX -> ByDefinition.either(BinaryKind.MAXIMUM, result, other);
            case MIN -> ByDefinition.either(BinaryKind.MINIMUM, result, other);
          };
    }
    return result;
  }

  /** The part of an operand that a member at a place reads. */
  static Elements part(
      Elements x, ValueType type, Term term, Map<String, Integer> place, List<MeshAxis> axes) {
    return ByDefinition.make(
        type,
        index -> {
          Map<String, Long> of = new HashMap<>();
          for (int dim = 0; dim < term.axes().size(); dim++) {
            String label = type.names().get(dim);
            int chunk = number(place, named(term.axis(dim).mesh(), axes));
            of.put(label, chunk * type.size(label) + ByDefinition.at(index, label));
          }
          return x.at(type.names(), of);
        });
  }

  /** The result of members' outputs: chunks after each other, and added over the bar's axes. */
  static Elements whole(
      List<Elements> parts,
      ValueType type,
      Term term,
      List<Map<String, Integer>> places,
      List<MeshAxis> axes) {
    return ByDefinition.make(
        type,
        index -> {
          List<Elements> addends = new ArrayList<>();
          for (int member = 0; member < parts.size(); member++) {
            if (holds(parts.get(member), index, term, places.get(member), axes)) {
              addends.add(parts.get(member));
            }
          }
          Map<String, Long> inside = new HashMap<>();
          ValueType part = parts.getFirst().type();
          for (String label : part.names()) {
            inside.put(label, ByDefinition.at(index, label) % part.size(label));
          }
          return all(ReduceKind.SUM, type.dtype(), addends, inside);
        });
  }

  /** Along an axis that a term does not name all hold the same, and the first one's counts. */
  private static boolean holds(
      Elements part,
      Map<String, Long> index,
      Term term,
      Map<String, Integer> place,
      List<MeshAxis> axes) {
    List<String> said = new ArrayList<>(term.partial());
    for (int dim = 0; dim < term.axes().size(); dim++) {
      String label = part.type().names().get(dim);
      List<String> names = term.axis(dim).mesh();
      said.addAll(names);
      long chunk = ByDefinition.at(index, label) / part.type().size(label);
      if (number(place, named(names, axes)) != chunk) {
        return false;
      }
    }
    return axes.stream()
        .allMatch(axis -> said.contains(axis.name()) || place.getOrDefault(axis.name(), -1) == 0);
  }
}
