package io.github.shardsum.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layouts of programs with loops, regions, annotations and repeated layers. */
final class AutoProgramsTest {
  private static final Mesh MESH = Mesh.parse("x=2");

  /** An amount of work: no clock ends a search. */
  private static final AutoOptions QUICK = AutoOptions.defaults().withSeconds(2);

  private static final String LOOP =
      """
      program loop {
        input h: f32[b=64 m=32]
        input w: f32[layer=4 m=32 n=32]
        input c: f32[m=32]
        last, all = scan(h, w, c) {count=4, label="layer", carried=1, sequences=1, body=program round {
          input s: f32[b=64 m=32]
          input v: f32[m=32 n=32]
          input k: f32[m=32]
          e = einsum(s, v) {equation="bm,mn->bn"}
          a = einsum(e) {equation="b m -> b m"}
          t = add(a, k)
          q = reduce_max(t) {labels=["b"]}
          output t
          output q
        }}
        output last
        output all
      }
      """;

  private static final String REGION =
      """
      program region {
        input a: f32[k=64 j=16]
        input w: f32[j=16 n=16]
        u = einsum(a, w) {equation="kj,jn->kn"}
        r = manual(u) {axes=["x=2"], in=["k@x n"], out=["k@x n"], body=program member {
          input part: f32[k=32 n=16]
          v = exp(part)
          output v
        }}
        s = einsum(r, w) {equation="kj,jn->kn"}
        output s
      }
      """;

  private static final String ANNOTATED =
      """
      program annotated {
        input a: f32[i@x=64 j=32]
        input w: f32[j=32 n=32]
        b = einsum(a, w) {equation="ij,jn->in"}
        c = annotate(b) {layout="i@x? n?"}
        d = relu(c)
        e = reduce_sum(d) {labels=["i"]}
        output d
        output e
      }
      """;

  /** So many layers that equal ones are decided together. */
  private static String layers(int count) {
    StringBuilder text = new StringBuilder("program layers {\n  input h0: f32[b=64 m=32]\n");
    for (int i = 0; i < count; i++) {
      text.append(
          String.format(
              Locale.ROOT,
              """
                  input u%1$d: f32[m=32 n=64]
                  input v%1$d: f32[n=64 m=32]
                  x%1$d = einsum(h%1$d, u%1$d) {equation="bm,mn->bn"}
                  y%1$d = relu(x%1$d)
                  z%1$d = einsum(y%1$d, v%1$d) {equation="bn,nm->bm"}
                  h%2$d = add(h%1$d, z%1$d)
                """,
              i,
              i + 1));
    }
    return text + "  output h" + count + "\n}\n";
  }

  static List<String> programs() {
    return List.of(LOOP, REGION, ANNOTATED, layers(2));
  }

  private static ProgramPlan plan(Program program, FoundLayouts found) {
    return ProgramPlan.of(
        Annotations.of(found.annotations()).apply(program), MESH, _ -> false, QUICK.plan());
  }

  private static FoundLayouts checked(String text, AutoOptions options) {
    Program program = Program.parse(text);
    FoundLayouts found = Auto.find(program, MESH, options);
    assertTrue(found.plan().certify().startsWith("certified"), text);
    assertTrue(found.bound() <= found.price() * (1 + 1e-9), found::toString);
    assertEquals(found.price(), found.plan().plan().price(options.plan()));
    assertEquals(found.peakBytes(), found.plan().plan().peakBytes());
    return found;
  }

  /** The plan that is found is that of its annotations, and the same twice. */
  @ParameterizedTest
  @MethodSource("programs")
  void layoutsAreThoseOfTheirAnnotations(String text) {
    FoundLayouts found = checked(text, QUICK);
    assertEquals(plan(Program.parse(text), found).plan(), found.plan().plan());
    assertEquals(found, Auto.find(Program.parse(text), MESH, QUICK));
  }

  /** Layers that are equal have equal layouts. */
  @Test
  void manyEqualLayersHaveOneLayout() {
    FoundLayouts found = checked(layers(40), QUICK.withSeconds(4));
    String first = String.valueOf(found.plan().plan().inputs().get(1).layout().term());
    int layers = 0;
    for (var input : found.plan().plan().inputs()) {
      if (input.name().startsWith("u")) {
        layers++;
        assertEquals(first, input.layout().term().toString(), input.name());
      }
    }
    assertEquals(40, layers);
  }

  /** Nothing is kept beyond the limit, and with less memory nothing is cheaper. */
  @Test
  void underALimitNoDeviceHoldsMore() {
    FoundLayouts free = checked(layers(2), QUICK);
    List<FoundLayouts> all = Auto.pareto(Program.parse(layers(2)), MESH, QUICK);
    assertTrue(!all.isEmpty());
    for (int i = 1; i < all.size(); i++) {
      assertTrue(all.get(i).peakBytes() < all.get(i - 1).peakBytes(), all::toString);
      assertTrue(all.get(i).price() > all.get(i - 1).price(), all::toString);
    }
    long least = all.getLast().peakBytes();
    for (long limit : new long[] {free.peakBytes(), least}) {
      AutoOptions limited = QUICK.withPlan(PlanOptions.defaults().withMemoryLimit(limit));
      FoundLayouts found = checked(layers(2), limited);
      assertTrue(found.peakBytes() <= limit, found::toString);
      assertTrue(found.price() >= free.price() * (1 - 1e-9), found::toString);
    }
    AutoOptions none = QUICK.withPlan(PlanOptions.defaults().withMemoryLimit(64));
    assertThrows(RuntimeException.class, () -> Auto.find(Program.parse(layers(2)), MESH, none));
  }

  /** Inputs that the user names are split, and those that are not there are told. */
  @Test
  void inputsThatTheUserNamesAreSplit() {
    Program program = Program.parse(layers(1));
    FoundLayouts found = Auto.find(program, MESH, QUICK.withSplit(Set.of("v0")));
    assertTrue(
        found.plan().plan().inputs().stream()
            .filter(input -> input.name().equals("v0"))
            .allMatch(input -> input.layout().toString().contains("@x")),
        found::toString);
    String said =
        assertThrows(
                IllegalArgumentException.class,
                () -> Auto.find(program, MESH, QUICK.withSplit(Set.of("z0"))))
            .getMessage();
    assertTrue(said.contains("z0"), said);
  }
}
