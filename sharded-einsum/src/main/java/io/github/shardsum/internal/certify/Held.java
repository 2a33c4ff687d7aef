package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.program.Contraction.ReduceKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A value on all devices. A device has the block that its coordinates along the cuts' axes give it,
 * or an addend of that block: those of all coordinates along the partial axes, each counted once,
 * are the block. Along axes that are not named devices have the same.
 */
record Held(Object meaning, List<Cut> cuts, Set<MeshAxis> partial, ReduceKind kind) {
  Held {
    Set<MeshAxis> used = new HashSet<>(partial);
    for (Cut cut : cuts) {
      require(cut.axes().stream().allMatch(used::add), "an axis is used twice: %s", cuts);
    }
    kind = partial.isEmpty() ? ReduceKind.SUM : kind;
  }

  static List<String> names(Collection<MeshAxis> axes) {
    return axes.stream().map(MeshAxis::name).toList();
  }

  boolean isWhole() {
    return partial.isEmpty() && cuts.stream().allMatch(Cut::isWhole);
  }

  Held as(Object other) {
    return new Held(other, cuts, partial, kind);
  }

  /** With other dimensions in the place of some. */
  Held with(int first, int count, List<Cut> others) {
    List<Cut> all = new ArrayList<>(cuts.subList(0, first));
    all.addAll(others);
    all.addAll(cuts.subList(first + count, cuts.size()));
    return new Held(meaning, all, partial, kind);
  }

  void checkSame(Held wanted) {
    boolean same = partial.equals(wanted.partial) && cuts.size() == wanted.cuts.size();
    for (int dim = 0; dim < cuts.size() && same; dim++) {
      same = cuts.get(dim).isSame(wanted.cuts.get(dim));
    }
    require(same, "devices have %s, not %s", this, wanted);
  }

  /** Each device keeps its chunk of what it has. */
  Held slice(int dim, List<MeshAxis> axes) {
    return with(dim, 1, List.of(cuts.get(dim).by(axes)));
  }

  /** The members of a group get what they have together. */
  Held gather(int dim, List<MeshAxis> axes) {
    return with(dim, 1, List.of(cuts.get(dim).without(axes)));
  }

  /** The members of a group get the reduction of their addends. */
  Held reduce(List<MeshAxis> axes, ReduceKind by) {
    require(axes.isEmpty() || kind == by, "must be a %s, got %s", kind, by);
    require(partial.containsAll(axes), "must be addends over %s, got %s", names(axes), this);
    Set<MeshAxis> left = new HashSet<>(partial);
    axes.forEach(left::remove);
    return new Held(meaning, cuts, left, kind);
  }

  /**
   * Each device gets the block of a member of its group which had the part that it has afterwards.
   * There is one if coordinates along axes outside the group count the same before and after.
   */
  Held permute(List<MeshAxis> axes, Held after) {
    boolean may = Collections.disjoint(partial, axes);
    for (int dim = 0; dim < cuts.size(); dim++) {
      Cut from = cuts.get(dim);
      Cut to = after.cuts.get(dim);
      may &= from.hasPartsOf(to);
      may &= from.axes().stream().allMatch(a -> axes.contains(a) || from.stride(a) == to.stride(a));
    }
    require(may, "devices along %s do not have %s of %s", names(axes), after, this);
    return new Held(meaning, after.cuts, partial, kind);
  }

  /** The members of a group have chunks of an interval, of which each gets other parts. */
  Held exchange(int dim, List<MeshAxis> axes, Held after) {
    Cut all =
        gather(dim, cuts.get(dim).axes().stream().filter(axes::contains).toList()).cuts.get(dim);
    Cut to = after.cuts.get(dim);
    boolean may =
        cuts.get(dim).axes().containsAll(axes)
            && Collections.indexOfSubList(to.axes(), all.axes()) == 0;
    require(may, "devices along %s do not have %s of %s", names(axes), after, this);
    return with(dim, 1, List.of(to));
  }

  /** As in {@code [8@x, 5] | y}. */
  @Override
  public String toString() {
    return cuts + (partial.isEmpty() ? "" : " | " + String.join(" ", names(partial)));
  }
}
