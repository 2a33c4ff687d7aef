package io.github.shardsum.internal.pjrt.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Offsets and sizes against those that a C compiler found in pjrt_c_api.h 0.114. */
class LayoutTest {
  private record Fact(String struct, String field, long offset, long size) {}

  @Test
  void everySlotIsWhereTheHeaderHasIt() {
    List<String> facts = lines("slots.tsv");
    assertEquals(PjrtFunction.values().length, facts.size());
    for (PjrtFunction slot : PjrtFunction.values()) {
      assertEquals(facts.get(slot.ordinal()), slot.symbol() + "\t" + slot.offset());
    }
  }

  @Test
  void theTableOf114Has1144Bytes() {
    assertEquals(1144, PjrtFunction.FIRST + 8L * PjrtFunction.values().length);
  }

  @Test
  void everyFieldIsWhereTheHeaderHasIt() {
    Map<String, Map<String, Fact>> facts = facts();
    for (Struct struct : structs()) {
      Map<String, Fact> fields = facts.get(struct.name());
      struct
          .fields()
          .forEach(
              (name, field) -> {
                Fact fact = fields.get(alias(struct, name));
                assertEquals(fact.offset(), field.offset(), struct + "." + name);
                assertEquals(fact.size(), field.size(), struct + "." + name);
              });
    }
  }

  @Test
  void everyStructHasTheSizeThatTheHeaderStates() {
    Map<String, Map<String, Fact>> facts = facts();
    for (Struct struct : structs()) {
      Fact whole = facts.get(struct.name()).get("");
      assertEquals(whole.offset(), struct.size(), struct.name());
      assertEquals(whole.size(), struct.stride(), struct.name());
    }
  }

  @Test
  void noFieldOfTheHeaderIsLeftOut() {
    Map<String, Map<String, Fact>> facts = facts();
    for (Struct struct : structs()) {
      if (struct != Struct.NAMED_VALUE && struct != Struct.MEMORY_LAYOUT) {
        assertEquals(facts.get(struct.name()).size() - 3, struct.fields().size(), struct.name());
      }
    }
  }

  @Test
  void aFieldThatIsNotThereIsAnError() {
    assertThrows(IllegalArgumentException.class, () -> Struct.PROGRAM.offset("nonsense"));
    assertThrows(IllegalArgumentException.class, () -> Struct.of("S", "x what"));
  }

  /**
   * The union of a named value has the name of its first variant in the facts; tiles are flattened.
   */
  private static String alias(Struct struct, String field) {
    if (struct == Struct.NAMED_VALUE && field.equals("value")) {
      return "string_value";
    }
    return field;
  }

  private static List<Struct> structs() {
    return Stream.concat(
            Stream.of(
                Struct.NAMED_VALUE,
                Struct.PROGRAM,
                Struct.EXECUTE_OPTIONS,
                Struct.KEY_VALUE_GET,
                Struct.KEY_VALUE_TRY_GET,
                Struct.KEY_VALUE_PUT,
                Struct.MEMORY_LAYOUT),
            Stream.of(PjrtFunction.values()).flatMap(slot -> slot.arguments().stream()))
        .toList();
  }

  private static Map<String, Map<String, Fact>> facts() {
    Map<String, Map<String, Fact>> facts = new HashMap<>();
    for (String line : lines("structs.tsv")) {
      String[] columns = line.split("\t", -1);
      Fact fact =
          new Fact(columns[0], columns[1], Long.parseLong(columns[2]), Long.parseLong(columns[3]));
      facts.computeIfAbsent(fact.struct(), _ -> new HashMap<>()).put(fact.field(), fact);
    }
    assertTrue(facts.size() > 80);
    flattenTiles(facts);
    return facts;
  }

  /** The fields of the tiled variant lie in the union, which is at offset 16. */
  private static void flattenTiles(Map<String, Map<String, Fact>> facts) {
    Map<String, Fact> outer = facts.get("PJRT_Buffer_MemoryLayout");
    long base = outer.get("tiled").offset();
    facts
        .get("PJRT_Buffer_MemoryLayout_Tiled")
        .forEach(
            (name, fact) -> {
              boolean common = name.equals("struct_size") || name.equals("extension_start");
              String key = common ? "tiled_" + name : name;
              outer.putIfAbsent(
                  key, new Fact(fact.struct(), key, base + fact.offset(), fact.size()));
            });
  }

  private static List<String> lines(String resource) {
    try (InputStream in = LayoutTest.class.getResourceAsStream(resource)) {
      List<String> lines = new ArrayList<>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(lines::add);
      return lines;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
