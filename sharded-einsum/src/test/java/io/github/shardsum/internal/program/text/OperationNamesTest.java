package io.github.shardsum.internal.program.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Names of operations, and what a wrong one may have meant. */
class OperationNamesTest {
  private static String refusal(String name) {
    String text = "program p {\n input x: f32[a=2]\n y = " + name + "(x) {nothing=1}\n}";
    return String.valueOf(
        assertThrows(ProgramException.class, () -> Program.parse(text)).getMessage());
  }

  @Test
  void everyNameIsThatOfAnOperation() {
    for (String name : OperationNames.all()) {
      assertFalse(refusal(name).contains("no operation of this name"), name);
    }
  }

  /** By the names of the records, whose words are joined by underscores. */
  @Test
  void everyOperationHasItsName() {
    Set<String> records = new TreeSet<>();
    collect(Operation.class, records);
    records.removeAll(Set.of("unary", "binary", "compare", "reduce"));
    assertTrue(records.size() > 20, records::toString);
    records.removeAll(OperationNames.all());
    assertEquals(Set.of(), records);
  }

  private static void collect(Class<?> type, Set<String> records) {
    if (type.isSealed()) {
      for (Class<?> each : type.getPermittedSubclasses()) {
        collect(each, records);
      }
    } else {
      records.add(
          type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT));
    }
  }

  @Test
  void aNameThatIsNearIsNamed() {
    assertTrue(refusal("sotfmax").endsWith("; similar: softmax"), refusal("sotfmax"));
    assertTrue(refusal("topk").contains("similar: top_k"), refusal("topk"));
    assertTrue(refusal("reduce_sun").contains("similar: reduce_sum"), refusal("reduce_sun"));
    assertFalse(refusal("frobnicate").contains("similar"), refusal("frobnicate"));
  }
}
