package io.github.shardsum.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ValueTypeTest {
  @Test
  void aLabelTwiceIsRefusedInTheNotationOfTypes() {
    String expected = "type: labels must have distinct names, got ";
    refuses(expected + "a twice in f32[a=2 a=3]", () -> ValueType.parse("f32[a=2 a=3]"));
    refuses(
        expected + "batch twice in f32[batch@x=2 b=4 batch=3 | y]",
        () -> ValueType.parse("f32[batch@x=2 b=4 batch=3 | y]"));
    refuses(
        expected + "a twice in i32[a=2 a=2]",
        () -> ValueType.of(DType.I32, List.of("a", "a"), List.of(2L, 2L)));
    refuses(
        expected + "... in f32[a=2 ...=3]",
        () -> new ValueType(DType.F32, Term.of("a", "..."), Shape.of(2, 3)));
  }

  @Test
  void labelsAndSizesThatAreNotAsManyAreNamedApart() {
    refuses(
        "type: sizes must be one for each label, got labels [ab] and sizes [2, 3]",
        () -> ValueType.of(DType.F32, List.of("ab"), List.of(2L, 3L)));
    refuses(
        "type: sizes must be one for each label, got labels [a, b] and sizes [2]",
        () -> ValueType.of(DType.F32, List.of("a", "b"), List.of(2L)));
  }

  private static void refuses(String message, Executable use) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, use, message).getMessage());
  }
}
