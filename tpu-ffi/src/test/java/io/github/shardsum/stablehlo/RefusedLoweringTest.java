package io.github.shardsum.stablehlo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layouts and regions that a module cannot have. */
class RefusedLoweringTest {
  private static final Mesh MESH = Mesh.parse("x=2,y=2");

  private static final Program SUM =
      Program.parse(
          """
          program sum {
            input a: f32[m=4 k=4]
            b = reduce_sum(a) {labels=["k"]}
            output b
          }
          """);

  private static String message(Program program, LoweringOptions options) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> StableHlo.of(program, options))
            .getMessage());
  }

  @ParameterizedTest
  @CsvSource({"m@x, m", "k m@x, m", "m k n, m", "m k, k", "m k, m k"})
  void edgesHaveTheLabelsOfTheirValues(String input, String output) {
    Edges edges = new Edges(List.of(Term.parse(input)), List.of(Term.parse(output)));
    String said = message(SUM, LoweringOptions.defaults().withMesh(MESH).withEdges(edges));
    assertTrue(said.startsWith("edges: terms must have the labels of ["), said);
    Term wrong = Term.parse(input.equals("m k") ? output : input);
    assertTrue(said.endsWith(", got [" + wrong + "]"), said);
  }

  @Test
  void thereIsATermForEachEdge() {
    Edges none = new Edges(List.of(), List.of(Term.parse("m")));
    String said = message(SUM, LoweringOptions.defaults().withMesh(MESH).withEdges(none));
    assertTrue(said.endsWith(", got []"), said);
  }

  @Test
  void edgesAreNoPartialSums() {
    Edges edges = new Edges(List.of(Term.parse("m k")), List.of(Term.parse("m | x")));
    assertEquals(
        "edges: values must not be partial sums, got [m | x]",
        message(SUM, LoweringOptions.defaults().withMesh(MESH).withEdges(edges)));
  }

  private static Program region(String axis) {
    return Program.parse(
        """
        program region {
          input a: f32[k=4]
          c = manual(a) {axes=["AXIS"], in=["k"], out=["k"], body=program member {
            input v: f32[k=4]
            r = all_reduce(v) {axes=["AXIS"], by=sum}
            output r
          }}
          output c
        }
        """
            .replace("AXIS", axis));
  }

  @Test
  void theAxesOfARegionAreThoseOfTheMesh() {
    LoweringOptions options = LoweringOptions.defaults().withMesh(MESH);
    assertTrue(StableHlo.of(region("x=2"), options).text().contains("manual_computation"));
    assertEquals("c: axis z must be one of the mesh x=2 y=2", message(region("z=2"), options));
    assertEquals(
        "c: axis x=4 of a region must have its size on the mesh x=2 y=2",
        message(region("x=4"), options));
  }

  /** The devices of other axes would have to agree. */
  @Test
  void membersSpeakOverTheAxesOfTheirRegion() {
    Program outside =
        Program.parse(
            """
            program outside {
              input a: f32[k=4]
              r = all_reduce(a) {axes=["x=2"], by=sum}
              output r
            }
            """);
    assertEquals(
        "r: it must be in a manual region over x=2, got none around it",
        message(outside, LoweringOptions.defaults().withMesh(MESH)));
  }
}
