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
import java.util.stream.Stream;

/**
 * The parts of a value that devices hold. A device has the block that its coordinates along the
 * cuts' axes give it, or an addend of that block. The addends of all coordinates along the partial
 * axes, each counted once, sum to the block. Devices that differ only along other axes have the
 * same part.
 */
record CheckedParts(List<CheckedCut> cuts, Set<MeshAxis> partial, ReduceKind kind) {
  CheckedParts {
    Set<MeshAxis> used = new HashSet<>(partial);
    Stream<MeshAxis> axes = cuts.stream().flatMap(cut -> cut.axes().stream());
    require(axes.allMatch(used::add), "an axis is used twice: %s", cuts);
    kind = partial.isEmpty() ? ReduceKind.SUM : kind;
  }

  static List<String> names(Collection<MeshAxis> axes) {
    return axes.stream().map(MeshAxis::name).toList();
  }

  List<String> labels() {
    return cuts.stream().map(CheckedCut::label).toList();
  }

  /** The first dimension of a label. */
  int dim(String label) {
    int dim = labels().indexOf(label);
    require(dim >= 0, "must name a label of %s, got %s", this, label);
    return dim;
  }

  /** The same parts with other names of the dimensions. */
  CheckedParts named(List<String> labels) {
    List<CheckedCut> all = new ArrayList<>();
    require(labels.size() == cuts.size(), "must have labels %s, got %s", labels, this);
    cuts.forEach(cut -> all.add(cut.named(labels.get(all.size()))));
    return new CheckedParts(all, partial, kind);
  }

  /** The same parts with some dimensions replaced. */
  CheckedParts with(int first, int count, List<CheckedCut> others) {
    List<CheckedCut> all = new ArrayList<>(cuts);
    all.subList(first, first + count).clear();
    all.addAll(first, others);
    return new CheckedParts(all, partial, kind);
  }

  /** Devices must have the same blocks, or addends of them. */
  void checkLies(CheckedParts said) {
    boolean isSame = cuts.equals(said.cuts) && partial.equals(said.partial);
    require(isSame, "devices have %s, not %s", this, said);
  }

  /** Each device keeps its chunk of its block. */
  CheckedParts slice(String label, List<MeshAxis> axes) {
    return with(dim(label), 1, List.of(cuts.get(dim(label)).by(axes)));
  }

  /** Each member of a group gets the parts of all members. */
  CheckedParts gather(String label, List<MeshAxis> axes) {
    return with(dim(label), 1, List.of(cuts.get(dim(label)).without(axes)));
  }

  /** Each member of a group gets the reduction of the addends of all members. */
  CheckedParts reduce(List<MeshAxis> axes, ReduceKind by) {
    require(partial.containsAll(axes), "must be addends over %s, got %s", names(axes), this);
    require(axes.isEmpty() || kind == by, "must be a %s, got %s", kind, by);
    Set<MeshAxis> left = new HashSet<>(partial);
    axes.forEach(left::remove);
    return new CheckedParts(cuts, left, kind);
  }

  /** Each device gets its new part from a member of its group that has this part. */
  CheckedParts permute(List<MeshAxis> group, CheckedParts after) {
    boolean may = Collections.disjoint(partial, group) && cuts.size() == after.cuts.size();
    for (int dim = 0; dim < cuts.size() && may; dim++) {
      may = cuts.get(dim).isPermutedTo(after.cuts.get(dim), group);
    }
    require(may, "devices along %s do not have %s of %s", names(group), after, this);
    return new CheckedParts(after.cuts, partial, kind);
  }

  /** The members of a group have chunks of an interval; together they cut the interval anew. */
  CheckedParts exchange(String label, List<MeshAxis> group, CheckedParts after) {
    List<MeshAxis> own = cuts.get(dim(label)).axes();
    require(own.containsAll(group), "%s must be cut by %s, got %s", label, names(group), this);
    CheckedParts all = gather(label, own.stream().filter(group::contains).toList());
    List<MeshAxis> anew = new ArrayList<>(after.cuts.get(after.dim(label)).axes());
    anew.removeAll(all.cuts.get(dim(label)).axes());
    return all.slice(label, anew);
  }

  /** As in {@code [m@x=8, n=5] | y}. */
  @Override
  public String toString() {
    return cuts + (partial.isEmpty() ? "" : " | " + String.join(" ", names(partial)));
  }
}
