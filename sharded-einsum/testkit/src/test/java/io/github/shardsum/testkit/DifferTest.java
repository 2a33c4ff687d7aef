package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DifferTest {
  private static final Mesh MESH = Mesh.parse("x=4 y=2");

  private final Collectives collectives = Collectives.open(MESH);

  private final Differ.Runner sharded =
      Differ.running(
          MeshBackend.of(collectives, Kernels.none(), PlanOptions.defaults().withReplication()));

  @AfterEach
  void close() {
    collectives.close();
  }

  @ParameterizedTest
  @EnumSource
  void aPlantedFaultIsFoundAndShownSmall(PlantedFault fault) {
    Disagreement found =
        Differ.of((program, inputs) -> sharded.run(fault.plant(program, MESH), inputs))
            .programs(1000)
            .find()
            .orElseThrow();
    Program smallest = found.smallest().program();
    assertTrue(smallest.statements().size() <= 3, found::toString);
    assertTrue(found.given().failure().isEmpty(), found::toString);
    // The first statement that the fault has changed is the first one with a wrong result.
    String planted = fault.plant(smallest, MESH).toString();
    String changed =
        smallest.statements().stream()
            .map(each -> each.toString().strip())
            .filter(each -> !planted.contains(each))
            .findFirst()
            .orElse("");
    assertEquals(changed, found.statement().orElse(""), found::toString);
  }

  @Test
  void anEngineWithoutFaultsAgreesWithTheReference() {
    List<Disagreement> found = new ArrayList<>();
    Differ.Summary summary = Differ.of(sharded).on(MESH).programs(60).run(found::add);
    assertEquals(List.of(), found);
    assertEquals(new Differ.Summary(60, 0, 0), summary);
  }

  @Test
  void regionsAgreeWithTheReferenceAndHaveEveryCommunication() {
    Differ differ = Differ.of(sharded).on(MESH).withRegions();
    assertEquals(new Differ.Summary(25, 0, 0), differ.programs(25).run(DifferTest::fail));
    Set<String> seen = new TreeSet<>();
    for (long seed = 0; seed < 200; seed++) {
      seen.addAll(OperationKinds.of(differ.program(seed).program()));
    }
    assertTrue(seen.containsAll(OperationKinds.manual()), seen::toString);
  }

  @Test
  void programsHaveEveryKindOfOperationAndEveryFormOfLayout() {
    Differ differ = Differ.of(sharded);
    List<Program> programs = new ArrayList<>();
    for (long seed = 0; seed < 1000; seed++) {
      programs.add(differ.program(seed).program());
    }
    String all = programs.toString();
    for (String form : List.of("@x=", "@x.y=", "@y.x", "@x?", "priority=1")) {
      assertTrue(all.contains(form), form);
    }
    // Only of real numbers.
    Set<String> missing = OperationKinds.missing(programs);
    assertTrue(
        Set.of(
                "Softmax",
                "Binary.POWER",
                "Unary.COSINE",
                "Unary.EXP",
                "Unary.LOG",
                "Unary.LOGISTIC",
                "Unary.RSQRT",
                "Unary.SINE",
                "Unary.SQRT",
                "Unary.TANH")
            .containsAll(missing),
        missing::toString);
  }

  /** The shares of programs that have one of these operations. */
  @Test
  void manyProgramsHaveRareOperations() {
    Differ differ = Differ.of(sharded);
    for (String operation : List.of("concatenate", "pad", "slice", "shift", "merge", "arg_max")) {
      long found = 0;
      for (long seed = 0; seed < 400; seed++) {
        found +=
            differ.program(seed).program().toString().contains(" = " + operation + "(") ? 1 : 0;
      }
      assertTrue(found >= 30, operation + " in " + found + " of 400 programs");
    }
  }

  @Test
  void programsOfSomeOperationsHaveNoOther() {
    Set<String> seen = new TreeSet<>();
    Differ.Summary summary =
        Differ.of(
                (program, inputs) -> {
                  seen.addAll(OperationKinds.of(program));
                  return sharded.run(program, inputs);
                })
            .operations(Set.of("pad", "concatenate"))
            .programs(60)
            .run(DifferTest::fail);
    assertEquals(Set.of("Pad", "Concatenate"), seen);
    assertTrue(summary.skipped() > 0 && summary.skipped() < 60, summary::toString);
  }

  @Test
  void evenSizesAreDividedByTheDevices() {
    Differ differ = Differ.of(sharded).on(MESH).even();
    for (long seed = 0; seed < 50; seed++) {
      for (Value input : differ.program(seed).program().inputs()) {
        for (long size : input.type().sizes()) {
          assertEquals(0, size % MESH.size(), input::toString);
        }
      }
    }
    assertThrows(IllegalArgumentException.class, Differ.of(sharded).on(Mesh.parse("x=65"))::even);
  }

  @Test
  void unsupportedProgramsAreSkipped() {
    Differ.Runner lacks =
        (program, _) -> {
          throw new UnsupportedProgramException(program.name());
        };
    assertEquals(new Differ.Summary(5, 5, 0), Differ.of(lacks).programs(5).run(DifferTest::fail));
  }

  @Test
  void whatFailsDisagreesAndWhatBothRefuseDoesNot() {
    Differ.Runner refuses =
        (program, _) -> {
          if (program.statements().size() > 1) {
            throw new UnsupportedOperationException("more than one statement");
          }
          return sharded.run(program, program.inputs().stream().map(DifferTest::zeros).toList());
        };
    Disagreement found = Differ.of(refuses).find().orElseThrow();
    assertTrue(found.given().failure().isPresent(), found::toString);
    assertEquals(2, found.smallest().program().statements().size(), found::toString);
    assertEquals(
        new Differ.Summary(5, 0, 0),
        Differ.of(DifferTest::refusesAll)
            .against(DifferTest::refusesAll)
            .programs(5)
            .run(DifferTest::fail));
  }

  /** The fault needs a split label of at least three elements, which need not divide. */
  @Test
  void aSplitLabelIsShownWithASizeThatItsDevicesDivide() {
    Differ.Runner wrong =
        (program, inputs) -> {
          if (program.inputs().stream().anyMatch(input -> smallestSplit(input) >= 3)) {
            throw new IllegalStateException("a split label");
          }
          return sharded.run(program, inputs);
        };
    List<Disagreement> found = new ArrayList<>();
    Differ.Summary _ = Differ.of(wrong).on(MESH).programs(16).run(found::add);
    assertTrue(found.size() > 2, found::toString);
    for (Disagreement each : found) {
      for (Value input : each.smallest().program().inputs()) {
        ValueType type = input.type();
        for (int dim = 0; dim < type.rank(); dim++) {
          int devices = MESH.size(type.labels().axis(dim).mesh());
          assertEquals(0, type.shape().size(dim) % devices, each::toString);
        }
      }
    }
  }

  /** The size of the smallest split label, or 0. */
  private static long smallestSplit(Value input) {
    ValueType type = input.type();
    return IntStream.range(0, type.rank())
        .filter(dim -> !type.labels().axis(dim).mesh().isEmpty())
        .mapToLong(dim -> type.shape().size(dim))
        .min()
        .orElse(0);
  }

  private static Tensor zeros(Value input) {
    return Tensor.zeros(input.type().dtype(), input.type().shape());
  }

  private static List<Tensor> refusesAll(Program program, List<Tensor> inputs) {
    throw new UnsupportedOperationException(program.name() + inputs);
  }

  private static void fail(Disagreement found) {
    throw new AssertionError(found);
  }

  @Test
  void aSearchEndsWithItsTime() {
    Differ differ = Differ.of(sharded).timeLimit(Duration.ZERO);
    assertEquals(new Differ.Summary(0, 0, 0), differ.run(DifferTest::fail));
    assertThrows(IllegalArgumentException.class, () -> differ.programs(0));
  }
}
