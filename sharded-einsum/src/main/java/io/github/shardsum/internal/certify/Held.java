package io.github.shardsum.internal.certify;

import io.github.shardsum.program.Contraction.ReduceKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A value on all devices. A value that is to be reduced over devices still has terms, of which each
 * device holds some: a term is an interval of what is reduced, or a list of such, and means that
 * those indices have been added up.
 *
 * @param meaning what it stands for
 * @param kind how terms are reduced
 * @param boxes for each device its indices of each dimension
 * @param terms for each device the terms that it holds
 * @param all all terms there are
 */
record Held(
    Object meaning, ReduceKind kind, Interval[][] boxes, List<Set<Object>> terms, Set<Object> all) {
  /** The only term of a value of which nothing is left to be reduced. */
  static final Set<Object> ONE = Set.of(List.of());

  Held {
    // What has no terms at all is zeros, which may be added to themselves.
    if (!all.isEmpty() && terms.stream().allMatch(all::equals)) {
      terms = new ArrayList<>(terms);
      terms.replaceAll(_ -> ONE);
      all = ONE;
    }
  }

  /** Every term of one by every term of the other. */
  static Set<Object> product(Set<Object> one, Set<Object> other) {
    if (one.equals(ONE) || other.equals(ONE)) {
      return one.equals(ONE) ? other : one;
    }
    Set<Object> pairs = new HashSet<>();
    one.forEach(a -> other.forEach(b -> pairs.add(List.of(a, b))));
    return pairs;
  }

  Held copy() {
    Interval[][] own = Arrays.stream(boxes).map(box -> box.clone()).toArray(Interval[][]::new);
    return new Held(meaning, kind, own, new ArrayList<>(terms), all);
  }

  boolean isWhole(int device) {
    return terms.get(device).size() == all.size();
  }

  /** What a device has, put in words once it is asked for. */
  Object on(int device) {
    return new Object() {
      @Override
      public String toString() {
        String sum = isWhole(device) ? "" : " of terms " + terms.get(device);
        return "device " + device + " has " + Arrays.toString(boxes[device]) + sum;
      }
    };
  }
}
