package io.github.shardsum.auto;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Small programs, all annotations of whose values are tried with the planner itself. */
class AutoSmallProgramsTest {
  /** As many as the property asks for. */
  private static final int PROGRAMS =
      Integer.getInteger("shardsum.auto.programs", TestDepth.cases(4, 40, 60));

  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(0));

  @Test
  void theBestOfAllAnnotationsIsFoundAndNoneIsBelowTheBound() {
    int more = 0;
    for (int i = 0; i < PROGRAMS; i++) {
      Drawn drawn = new Drawn(SEED + i);
      List<Tried> all = drawn.all();
      double best = all.stream().mapToDouble(Tried::price).min().orElseThrow();
      FoundLayouts found =
          Auto.find(drawn.program, drawn.mesh, AutoOptions.defaults().withSeconds(20));
      String what = "seed " + (SEED + i) + ", " + drawn.mesh.notation() + "\n" + drawn.program;
      double rounding = 1e-9 * best;
      assertTrue(
          found.bound() <= best + rounding,
          () -> what + "bound " + found.bound() + " above the optimum " + best);
      assertTrue(
          Math.abs(found.price() - best) <= rounding,
          () -> what + found.annotations() + " at " + found.price() + ", the best is " + best);
      int fewest =
          all.stream()
              .filter(tried -> tried.price <= best + rounding && tried.isSmall(found.peakBytes()))
              .mapToInt(Tried::annotations)
              .min()
              .orElseThrow();
      more += found.annotations().size() > fewest ? 1 : 0;
    }
    int had = more;
    assertTrue(10 * more <= PROGRAMS, () -> had + " had more annotations than they need");
  }

  @Test
  void theBestOfAllWithinALimitIsFound() {
    for (int i = 0; i < (PROGRAMS + 1) / 2; i++) {
      Drawn drawn = new Drawn(SEED + i);
      List<Tried> all = drawn.all();
      long[] peaks = all.stream().mapToLong(one -> one.plan.peakBytes()).sorted().toArray();
      for (long limit : new long[] {peaks[0], peaks[peaks.length / 8]}) {
        double best =
            all.stream()
                .filter(tried -> tried.plan.peakBytes() <= limit)
                .mapToDouble(Tried::price)
                .min()
                .orElseThrow();
        PlanOptions within = PlanOptions.defaults().withMemoryLimit(limit);
        AutoOptions options = AutoOptions.defaults().withSeconds(20).withPlan(within);
        FoundLayouts found = Auto.find(drawn.program, drawn.mesh, options);
        String what = "seed " + (SEED + i) + ", limit " + limit + "\n" + drawn.program;
        assertTrue(found.peakBytes() <= limit, () -> what + "peak " + found.peakBytes());
        // A plan in parts may be cheaper than that of any annotations.
        assertTrue(
            found.price() <= best + 1e-9 * best,
            () -> what + found.annotations() + " at " + found.price() + ", the best is " + best);
      }
    }
  }

  /** Every device holds its inputs and outputs at the end, whatever their layouts are. */
  @Test
  void aLimitBelowInputsAndOutputsIsRefusedBeforeAnySearch() {
    Program program =
        Program.parse(
            """
            program p {
              input a: f32[m=6 k=4]
              input b: f32[k@x=4 n=8]
              c = einsum(a, b) {equation="mk,kn->mn"}
              output c
            }
            """);
    // A quarter of a, the half of b that its type says, and a quarter of c.
    long least = 4 * (6 + 16 + 12);
    for (long limit : new long[] {1, least - 1}) {
      AutoOptions options =
          AutoOptions.defaults().withPlan(PlanOptions.defaults().withMemoryLimit(limit));
      String said =
          String.valueOf(
              assertThrows(
                      PlanException.class, () -> Auto.find(program, Mesh.parse("x=2 y=2"), options))
                  .getMessage());
      assertTrue(said.contains("inputs and outputs alone need " + least + " "), said);
    }
  }

  @Test
  void whatIsFoundIsWhatItsAnnotationsGive() {
    for (int i = 0; i < PROGRAMS; i++) {
      Drawn drawn = new Drawn(SEED + i);
      AutoOptions options = AutoOptions.defaults().withSeconds(1);
      FoundLayouts found = Auto.find(drawn.program, drawn.mesh, options);
      ProgramPlan plan = drawn.plan(new TreeMap<>(found.annotations()));
      assertTrue(plan.plan().equals(found.plan().plan()), () -> drawn.program.toString());
      assertTrue(
          plan.plan().price(options.plan()) == found.price(), () -> drawn.program.toString());
      found.plan().certify();
      assertTrue(found.equals(Auto.find(drawn.program, drawn.mesh, options)), "not the same twice");
    }
  }

  /** The plan of some annotations. */
  private record Tried(double price, SpmdPlan plan, int annotations) {
    /** Whether it needs no more memory than a plan that a user would take for equal. */
    boolean isSmall(long than) {
      return 0.9 * plan.peakBytes() <= than;
    }
  }

  /** A random program and mesh. */
  private static final class Drawn {
    private static final String[] LABELS = {"a", "b", "c", "d"};
    private static final long[] SIZES = {2, 4, 6, 8, 32, 64, 512, 1024, 4096};

    final Program program;
    final Mesh mesh;
    private final Random random;
    private final Map<String, Long> sizes = new TreeMap<>();
    private final List<String[]> values = new ArrayList<>();
    private final StringBuilder inputs = new StringBuilder();
    private final StringBuilder statements = new StringBuilder();

    Drawn(long seed) {
      random = new Random(seed);
      boolean isWide = random.nextInt(4) == 0;
      mesh = Mesh.parse(isWide ? "x=2 y=2" : random.nextBoolean() ? "x=2" : "x=4");
      for (String label : LABELS) {
        sizes.put(label, SIZES[random.nextInt(SIZES.length)]);
      }
      input(2);
      int most = isWide ? 3 : 4;
      while (values.size() < most) {
        if (values.size() == most - 1 || random.nextBoolean()) {
          unary();
        } else {
          einsum();
        }
      }
      String last = values.getLast()[0];
      program =
          Program.parse("program drawn {\n" + inputs + statements + "  output " + last + "\n}\n");
    }

    private String[] input(int rank) {
      List<String> labels = new ArrayList<>(List.of(LABELS));
      while (labels.size() > rank) {
        labels.remove(random.nextInt(labels.size()));
      }
      return input(labels);
    }

    private String[] input(List<String> labels) {
      String name = "v" + values.size();
      StringBuilder type = new StringBuilder();
      labels.forEach(
          label -> type.append(type.isEmpty() ? "" : " ").append(label + "=" + sizes.get(label)));
      inputs.append("  input " + name + ": f32[" + type + "]\n");
      return value(name, labels);
    }

    private String[] value(String name, List<String> labels) {
      String[] value = Stream.concat(Stream.of(name), labels.stream()).toArray(String[]::new);
      values.add(value);
      return value;
    }

    private static List<String> labels(String[] value) {
      return List.of(value).subList(1, value.length);
    }

    private void unary() {
      String[] x = values.getLast();
      List<String> labels = labels(x);
      String name = "v" + values.size();
      switch (random.nextInt(labels.isEmpty() ? 1 : 4)) {
        case 0 -> {
          statements.append("  " + name + " = relu(" + x[0] + ")\n");
          value(name, labels);
        }
        case 1 -> {
          String label = labels.get(random.nextInt(labels.size()));
          statements.append("  " + name + " = softmax(" + x[0] + ") {label=\"" + label + "\"}\n");
          value(name, labels);
        }
        case 2 -> {
          String equation = String.join(" ", labels) + " -> " + String.join(" ", labels.reversed());
          statements.append(
              "  " + name + " = einsum(" + x[0] + ") {equation=\"" + equation + " \"}\n");
          value(name, labels.reversed());
        }
        default -> {
          statements.append("  " + name + " = add(" + x[0] + ", " + x[0] + ")\n");
          value(name, labels);
        }
      }
    }

    /** A product with a new input, or of the last value with itself where a label is left out. */
    private void einsum() {
      String[] x = values.getLast();
      String[] w = input(Math.min(2, LABELS.length));
      List<String> out = new ArrayList<>();
      for (String label : LABELS) {
        boolean left = labels(x).contains(label);
        boolean right = labels(w).contains(label);
        if (left != right || (left && random.nextInt(3) == 0)) {
          out.add(label);
        }
      }
      while (out.size() > 2) {
        out.remove(random.nextInt(out.size()));
      }
      String name = "v" + values.size();
      String equation =
          String.join(" ", labels(x))
              + " , "
              + String.join(" ", labels(w))
              + " -> "
              + String.join(" ", out);
      statements.append(
          "  " + name + " = einsum(" + x[0] + ", " + w[0] + ") {equation=\"" + equation + " \"}\n");
      value(name, out);
    }

    ProgramPlan plan(Map<String, String> annotations) {
      return ProgramPlan.of(
          Annotations.of(annotations).apply(program), mesh, _ -> false, PlanOptions.defaults());
    }

    /** The plans of all annotations. */
    List<Tried> all() {
      List<Value> values = new ArrayList<>(program.inputs());
      program.statements().forEach(statement -> values.addAll(statement.results()));
      List<Tried> all = new ArrayList<>();
      collect(values, 0, new TreeMap<>(), all);
      return all;
    }

    private void collect(
        List<Value> values, int at, Map<String, String> annotations, List<Tried> all) {
      if (at == values.size()) {
        try {
          SpmdPlan plan = plan(annotations).plan();
          all.add(new Tried(plan.price(PlanOptions.defaults()), plan, annotations.size()));
        } catch (PlanException none) {
          // Annotations that contradict each other have no plan.
        }
        return;
      }
      collect(values, at + 1, annotations, all);
      Value value = values.get(at);
      for (String layout : layouts(value.type().names(), mesh.axisNames(), Map.of())) {
        annotations.put(value.name(), layout);
        collect(values, at + 1, annotations, all);
        annotations.remove(value.name());
      }
    }

    /** Each axis splits one label, in either place, or none. */
    private static List<String> layouts(
        List<String> names, List<String> axes, Map<String, String> placed) {
      if (axes.isEmpty()) {
        List<String> words =
            names.stream()
                .map(name -> placed.containsKey(name) ? name + "@" + placed.get(name) : name)
                .toList();
        return names.isEmpty() ? List.of() : List.of(String.join(" ", words));
      }
      List<String> rest = axes.subList(1, axes.size());
      List<String> layouts = new ArrayList<>(layouts(names, rest, placed));
      for (String name : names) {
        String axis = axes.getFirst();
        String before = placed.get(name);
        for (String on :
            before == null ? List.of(axis) : List.of(before + "." + axis, axis + "." + before)) {
          Map<String, String> with = new TreeMap<>(placed);
          with.put(name, on);
          layouts.addAll(layouts(names, rest, with));
        }
      }
      return layouts;
    }
  }
}
