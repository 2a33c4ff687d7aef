package io.github.shardsum.stablehlo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.OperationKinds;
import io.github.shardsum.testkit.Programs;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What holds of the text of every program; what it computes is asked of plugins. */
class LoweringProperties {
  private static final Pattern DEFINED =
      Pattern.compile("(%\\d+)(?::\\d+)? =|[(,] ?(%\\d+) =|(%\\d+): tensor");

  private static final Pattern VALUE = Pattern.compile("%\\d+");

  @Property(tries = 200)
  void everyValueIsDefinedOnceAndBeforeItIsUsed(@ForAll long seed) {
    for (DType dtype : DType.values()) {
      if (dtype != DType.BOOL) {
        check(StableHlo.of(Programs.exact(dtype, 12).of(seed)).text());
      }
    }
    check(StableHlo.of(Programs.real(DType.F32, 12).of(seed)).text());
  }

  /** Where Shardy's dialect is not there, regions are their members' statements. */
  @Property(tries = 60)
  void manualRegionsAreManualComputations(@ForAll long seed) {
    Program program = Programs.regions(DType.I64, MeshAxis.parseAll("x=2 y=3"), 8, false).of(seed);
    LoweringOptions onMesh = LoweringOptions.defaults().withMesh(Mesh.parse("x=2 y=3"));
    String text = StableHlo.of(program, onMesh).text();
    check(text);
    assertTrue(text.contains(" = sdy.manual_computation("), text);
    for (StableHlo other :
        List.of(
            StableHlo.of(program), StableHlo.of(program, onMesh.withForm(ShardingForm.GSPMD)))) {
      check(other.text());
      assertTrue(!other.text().contains("manual_computation"), other::text);
    }
  }

  /** Regions see what is around them; what is in them is gone after their end. */
  private static void check(String text) {
    Deque<Set<String>> scopes = new ArrayDeque<>();
    Set<String> ever = new HashSet<>();
    scopes.push(new HashSet<>());
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.startsWith("//")) {
        continue;
      }
      if (line.startsWith("}")) {
        scopes.pop();
      }
      boolean opens = line.endsWith("{");
      Set<String> around = scopes.isEmpty() ? Set.of() : scopes.getFirst();
      if (opens) {
        scopes.push(new HashSet<>());
      }
      List<String> defined = new ArrayList<>();
      for (Matcher each = DEFINED.matcher(line); each.find(); ) {
        for (int group = 1; group <= 3; group++) {
          if (each.group(group) != null) {
            defined.add(each.group(group));
          }
        }
      }
      for (Matcher each = VALUE.matcher(line); each.find(); ) {
        String name = each.group();
        assertTrue(
            defined.contains(name) || scopes.stream().anyMatch(scope -> scope.contains(name)),
            () -> name + " is used before it is defined in\n" + line + "\nof\n" + text);
      }
      for (String name : defined) {
        assertTrue(ever.add(name), () -> name + " is defined twice in\n" + text);
        // The results of what has a region are of the scope around it.
        (opens && line.startsWith(name) ? around : scopes.getFirst()).add(name);
      }
    }
    assertEquals(1, scopes.size(), text);
  }

  @Test
  void everyKindOfOperationIsAmongThePrograms() {
    List<Program> programs = new ArrayList<>();
    for (long seed = 0; seed < 300; seed++) {
      programs.add(Programs.exact(DType.F32, 12).of(seed));
      programs.add(Programs.exact(DType.I64, 12).of(seed));
      programs.add(Programs.real(DType.F32, 12).of(seed));
    }
    assertEquals(Set.of(), OperationKinds.missing(programs));
  }
}
