package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.ExpertRows.Load;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Place;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The checker refuses parts that would not do what the composite means. */
class RowsMutationTest {
  private static final Mesh MESH = Mesh.parse("d=2 x=2 m=2");

  static final PlanOptions ROWS =
      PlanOptions.defaults().withPartitions(PlanOptions.Partitions.ALWAYS);

  final Program program =
      ExpertRows.of(new int[] {4, 2, 2, 4, 4, 4}, Activation.SWIGLU, true, Load.BALANCED, 1)
          .onMesh(MESH);

  final ProgramPlan planned = planned();

  /** All rows at once. */
  PlanOptions options() {
    return ROWS;
  }

  private ProgramPlan planned() {
    try (Collectives collectives = Collectives.open(MESH)) {
      return MeshBackend.of(collectives, MoePrograms.kernels(), options()).plan(program);
    }
  }

  private SpmdPlan with(int at, PlanStep step) {
    List<PlanStep> steps = new ArrayList<>(planned.plan().steps());
    steps.set(at, step);
    SpmdPlan plan = planned.plan();
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  List<Integer> places() {
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < planned.plan().steps().size(); i++) {
      if (planned.plan().steps().get(i).action() instanceof Action.Partitioned) {
        places.add(i);
      }
    }
    return places;
  }

  void refused(int at, UnaryOperator<List<Part>> change, String what) {
    PlanStep step = planned.plan().steps().get(at);
    Action.Partitioned own = (Action.Partitioned) step.action();
    List<Part> parts = change.apply(new ArrayList<>(own.parts().parts()));
    Action changed =
        new Action.Partitioned(own.statement(), new CompositeParts(own.parts().buffers(), parts));
    SpmdPlan mutant =
        with(at, new PlanStep(changed, step.operands(), step.results(), step.origin()));
    assertThrows(IllegalStateException.class, () -> mutant.certify(program), what);
  }

  static <T> List<T> changed(List<T> list, int at, T other) {
    list.set(at, other);
    return list;
  }

  @Test
  void thePlanItselfIsCertified() {
    assertTrue(planned.plan().certify(program).startsWith("certified"));
    assertEquals(2, places().size());
    assertEquals(planned.plan(), SpmdPlan.parse(planned.plan().toJson(options())));
  }

  @Test
  void everyPartIsNeededOnceAndInItsPlace() {
    for (int at : places()) {
      int count =
          ((Action.Partitioned) planned.plan().steps().get(at).action()).parts().parts().size();
      for (int part = 0; part < count; part++) {
        int which = part;
        refused(
            at,
            parts -> {
              parts.remove(which);
              return parts;
            },
            "without part " + which);
        refused(
            at,
            parts -> {
              parts.add(which, parts.get(which));
              return parts;
            },
            "twice part " + which);
      }
    }
  }

  @Test
  void partsOverOtherAxesOrOfOtherBuffersAreRefused() {
    for (int at : places()) {
      List<Part> given =
          ((Action.Partitioned) planned.plan().steps().get(at).action()).parts().parts();
      for (int i = 0; i < given.size(); i++) {
        int part = i;
        for (Part other : others(given.get(i))) {
          refused(at, parts -> changed(parts, part, other), given.get(i) + " -> " + other);
        }
      }
      int agree = agreement(given);
      refused(
          at,
          parts -> {
            Collections.swap(parts, agree, agree + 1);
            return parts;
          },
          "agreement behind rows");
    }
  }

  private static int agreement(List<Part> parts) {
    int at = 0;
    while (!(parts.get(at) instanceof Part.Agree)) {
      at++;
    }
    return at;
  }

  private static List<Part> others(Part part) {
    return switch (part) {
      case Part.Run run -> {
        List<Part> all = new ArrayList<>();
        if (run.reads().size() > 4) {
          List<Place> swapped = new ArrayList<>(run.reads());
          Collections.swap(swapped, 3, 4);
          all.add(with(run, run.attributes(), swapped, run.writes()));
        }
        all.add(with(run, run.attributes(), List.of(Place.parse("operand.99")), run.writes()));
        all.addAll(withoutARead(run));
        all.addAll(swapped(run));
        for (String attribute : List.of("activation", "biased", "capacity")) {
          SortedMap<String, String> fewer = new TreeMap<>(run.attributes());
          fewer.remove(attribute);
          all.add(with(run, fewer, run.reads(), run.writes()));
          SortedMap<String, String> other = new TreeMap<>(run.attributes());
          other.put(attribute, "other");
          all.add(with(run, other, run.reads(), run.writes()));
        }
        yield all;
      }
      case Part.Swap swap ->
          List.of(
              new Part.Swap(List.of("d"), swap.x(), swap.out()),
              new Part.Swap(swap.axes(), swap.out(), swap.x()));
      case Part.Agree agree ->
          List.of(
              new Part.Agree(List.of("x"), agree.counts()),
              new Part.Agree(agree.axes(), new Place.InBuffer("counts")));
      case Part.Rows rows ->
          List.of(
              rows(rows, List.of("d"), rows.sends(), rows.receives(), rows.x(), rows.out()),
              rows(rows, List.of("d", "x"), rows.sends(), rows.receives(), rows.x(), rows.out()),
              rows(rows, rows.axes(), rows.receives(), rows.sends(), rows.x(), rows.out()),
              rows(rows, rows.axes(), rows.sends(), rows.receives(), rows.out(), rows.x()));
      case Part.Overlapped overlapped -> {
        List<Part> all = new ArrayList<>();
        for (Part run : others(overlapped.run())) {
          all.add(new Part.Overlapped(overlapped.rows(), (Part.Run) run));
        }
        for (int i = 0; i < overlapped.rows().size(); i++) {
          for (Part rows : others(overlapped.rows().get(i))) {
            all.add(
                new Part.Overlapped(
                    changed(new ArrayList<>(overlapped.rows()), i, (Part.Rows) rows),
                    overlapped.run()));
          }
        }
        yield all;
      }
      case Part.Reduce reduce ->
          List.of(
              new Part.Reduce(
                  List.of("x"),
                  reduce.counts(),
                  reduce.scatter(),
                  reduce.x(),
                  reduce.out(),
                  reduce.piece()),
              new Part.Reduce(
                  reduce.axes(),
                  reduce.counts(),
                  reduce.scatter().isPresent() ? OptionalInt.empty() : OptionalInt.of(1),
                  reduce.x(),
                  reduce.out(),
                  reduce.piece()));
    };
  }

  private static List<Part> withoutARead(Part.Run run) {
    List<Part> all = new ArrayList<>();
    for (int i = 0; i < run.reads().size(); i++) {
      List<Place> reads = new ArrayList<>(run.reads());
      reads.remove(i);
      all.add(with(run, run.attributes(), reads, run.writes()));
    }
    return all;
  }

  private static Part.Run with(
      Part.Run run, SortedMap<String, String> attributes, List<Place> reads, List<Place> writes) {
    return new Part.Run(run.composite(), attributes, reads, writes, run.piece());
  }

  private static Part.Rows rows(
      Part.Rows of,
      List<String> axes,
      Place.InBuffer sends,
      Place.InBuffer receives,
      Place.InBuffer x,
      Place.InBuffer out) {
    return new Part.Rows(axes, sends, receives, x, out, of.piece());
  }

  /** Rows of inputs for rows of cotangents, and gradients of one weight for those of another. */
  private static List<Part> swapped(Part.Run run) {
    Map<String, String> names = new HashMap<>();
    for (List<String> pair :
        List.of(
            List.of("rows", "dy"), List.of("rows_in", "dy_in"), List.of("result.2", "result.4"))) {
      names.put(pair.getFirst(), pair.getLast());
      names.put(pair.getLast(), pair.getFirst());
    }
    List<Part> all = new ArrayList<>();
    for (Part.Run other :
        List.of(
            with(run, run.attributes(), renamed(run.reads(), names), run.writes()),
            with(run, run.attributes(), run.reads(), renamed(run.writes(), names)))) {
      if (!other.equals(run)) {
        all.add(other);
      }
    }
    return all;
  }

  private static List<Place> renamed(List<Place> of, Map<String, String> names) {
    return of.stream()
        .map(Place::toString)
        .map(name -> Place.parse(names.getOrDefault(name, name)))
        .toList();
  }

  @Test
  void countsAreOfExperts() {
    for (int at : places()) {
      PlanStep step = planned.plan().steps().get(at);
      Action.Partitioned own = (Action.Partitioned) step.action();
      for (int i = 0; i < own.parts().buffers().size(); i++) {
        Buffer buffer = own.parts().buffers().get(i);
        if (buffer.name().startsWith("counts")) {
          for (Buffer other : otherCounts(buffer)) {
            List<Buffer> buffers = changed(new ArrayList<>(own.parts().buffers()), i, other);
            Action action =
                new Action.Partitioned(
                    own.statement(), new CompositeParts(buffers, own.parts().parts()));
            SpmdPlan mutant =
                with(at, new PlanStep(action, step.operands(), step.results(), step.origin()));
            assertThrows(
                IllegalStateException.class, () -> mutant.certify(program), other::toString);
          }
        }
      }
    }
  }

  private static List<Buffer> otherCounts(Buffer counts) {
    Extent first = counts.extents().getFirst();
    List<Buffer> all = new ArrayList<>();
    all.add(new Buffer(counts.name(), DType.I64, counts.labels(), counts.extents()));
    for (Extent last :
        List.of(
            new Extent.Fixed(3),
            new Extent.Local(0, List.of("G")),
            new Extent.Local(3, List.of("M")),
            new Extent.Local(3, List.of("E", "M")))) {
      all.add(new Buffer(counts.name(), counts.dtype(), counts.labels(), List.of(first, last)));
    }
    return all;
  }

  @Test
  void resultsMustLieAsTheyAreMade() {
    for (int at : places()) {
      PlanStep step = planned.plan().steps().get(at);
      for (int i = 0; i < step.results().size(); i++) {
        List<PlannedValue> results = new ArrayList<>(step.results());
        Layout layout = results.get(i).layout();
        Layout other =
            layout.partial().isEmpty()
                ? layout.whole()
                : new Layout(MESH, new Term(layout.term().axes(), List.of()));
        results.set(i, results.get(i).in(other));
        SpmdPlan mutant =
            with(at, new PlanStep(step.action(), step.operands(), results, step.origin()));
        assertThrows(IllegalStateException.class, () -> mutant.certify(program), "result " + i);
      }
    }
  }
}
