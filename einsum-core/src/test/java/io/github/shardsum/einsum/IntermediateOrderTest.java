package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How intermediates are stored, by what a plan says of its steps. */
class IntermediateOrderTest {
  private static final long SIZE = 6;

  private static List<String> leftToRight(String equation) {
    String[] terms = equation.substring(0, equation.indexOf('-')).split(",", -1);
    Shape[] shapes =
        Arrays.stream(terms)
            .map(term -> Shape.of(term.chars().mapToLong(_ -> SIZE).toArray()))
            .toArray(Shape[]::new);
    PathFinder path = new PathFinder.Given(ContractionPath.leftToRight(terms.length));
    EinsumOptions options = EinsumOptions.defaults().withPath(path);
    return Einsum.compile(equation, options, DType.F32, shapes).explain().steps().stream()
        .map(EinsumPlan.Step::equation)
        .toList();
  }

  @Test
  void theBatchOfTheStepThatTakesItIsOutermost() {
    assertEquals(List.of("xa,abz->zxb", "zbc,zxb->zxc"), leftToRight("xa,abz,zbc->zxc"));
    assertEquals(List.of("ab,bcz->zac", "zcd,zac->zad"), leftToRight("ab,bcz,zcd->zad"));
  }

  @Test
  void aBatchThatTheNextStepSumsIsNotMovedOut() {
    assertEquals(List.of("ab,bcz->acz", "zcd,acz->ad"), leftToRight("ab,bcz,zcd->ad"));
  }

  @Test
  void otherwiseItLiesAsTheStepThatMakesItWritesIt() {
    assertEquals(List.of("ab,bc->ac", "cd,ac->da"), leftToRight("ab,bc,cd->da"));
    assertEquals(
        List.of("ea,abcd->ebcd", "hd,ebcd->hebc", "gc,hebc->begh"),
        leftToRight("ea,abcd,hd,gc->begh"));
  }
}
