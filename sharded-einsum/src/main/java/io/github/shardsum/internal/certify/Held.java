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

  boolean isWhole() {
    return partial.isEmpty() && cuts.stream().allMatch(Cut::isWhole);
  }

  static List<String> names(Collection<MeshAxis> axes) {
    return axes.stream().map(MeshAxis::name).toList();
  }

  Held as(Object other) {
    return new Held(other, cuts, partial, kind);
  }

  /** With other dimensions in the place of some. */
  Held with(int first, int count, List<Cut> others) {
    List<Cut> all = new ArrayList<>(cuts);
    all.subList(first, first + count).clear();
    all.addAll(first, others);
    return new Held(meaning, all, partial, kind);
  }

  /** Devices must have the same blocks, or addends of them. */
  void checkLies(Held said) {
    boolean isSame = cuts.equals(said.cuts) && partial.equals(said.partial);
    require(isSame, "devices have %s, not %s", this, said);
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
    require(partial.containsAll(axes), "must be addends over %s, got %s", names(axes), this);
    require(axes.isEmpty() || kind == by, "must be a %s, got %s", kind, by);
    Set<MeshAxis> left = new HashSet<>(partial);
    axes.forEach(left::remove);
    return new Held(meaning, cuts, left, kind);
  }

  /** Each device gets the block of a member of its group which had the part that it has then. */
  Held permute(List<MeshAxis> group, List<Cut> after) {
    boolean may = Collections.disjoint(partial, group) && cuts.size() == after.size();
    for (int dim = 0; dim < cuts.size() && may; dim++) {
      may = cuts.get(dim).isPermutedTo(after.get(dim), group);
    }
    require(may, "devices along %s do not have %s of %s", names(group), after, this);
    return with(0, cuts.size(), after);
  }

  /** The members of a group, which have chunks of an interval, put it together and cut it anew. */
  Held exchange(int dim, List<MeshAxis> group, List<Cut> after) {
    List<MeshAxis> own = cuts.get(dim).axes();
    require(own.containsAll(group), "%s is not cut by %s", this, names(group));
    Held all = gather(dim, own.stream().filter(group::contains).toList());
    List<MeshAxis> left = all.cuts.get(dim).axes();
    return all.slice(
        dim, after.get(dim).axes().stream().filter(axis -> !left.contains(axis)).toList());
  }

  /** As in {@code [8@x, 5] | y}. */
  @Override
  public String toString() {
    return cuts + (partial.isEmpty() ? "" : " | " + String.join(" ", names(partial)));
  }
}
