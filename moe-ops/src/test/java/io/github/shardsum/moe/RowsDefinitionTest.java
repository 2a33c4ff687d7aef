package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.ExpertRows.Load;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.RaggedBoundException;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows of tokens on the devices of their experts, held to the definition of experts: forward and
 * backward, under every load, with experts, groups and sizes that divide nothing.
 */
class RowsDefinitionTest {
  private static final PlanOptions ROWS =
      PlanOptions.defaults().withPartitions(PlanOptions.Partitions.ALWAYS);

  private static final List<String> MESHES =
      List.of(
          "x=2", "x=3", "x=4", "x=8", "d=2 x=2", "x=2 m=2", "x=2 d=2", "d=2 x=2 m=2", "m=3 x=2");

  private static final int CASES = TestDepth.cases(24, 60, 120);

  private static final PlanOptions PIECES = ROWS.withWindows(PlanOptions.Windows.ALWAYS);

  private static MeshExecutable compiled(
      Collectives collectives, Program program, PlanOptions options) {
    return MeshBackend.of(collectives, MoePrograms.kernels(), options).compile(program);
  }

  private static void check(ExpertRows rows, Program program, List<Tensor> given, String what) {
    List<double[]> expected = rows.expected();
    boolean isExact = rows.activation() == Activation.RELU;
    for (int i = 0; i < expected.size(); i++) {
      double[] wanted = expected.get(i);
      double largest = Arrays.stream(wanted).map(Math::abs).max().orElse(0);
      assertArrayEquals(
          wanted,
          given.get(i).toDoubleArray(),
          isExact ? 0 : 1e-12 * (1 + largest),
          () -> what + ": " + program.outputs().stream().map(Value::name).toList());
    }
  }

  /** On integers relu is exact in any order, so rows have the very bits. */
  @Test
  void valuesAreThoseOfTheDefinition() {
    for (int seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      Mesh mesh = Mesh.parse(MESHES.get(seed % MESHES.size()));
      int[] sizes = {
        1 + random.nextInt(9),
        1 + random.nextInt(4),
        1 + random.nextInt(3),
        1 + random.nextInt(9),
        1 + random.nextInt(6),
        1 + random.nextInt(6)
      };
      Activation activation =
          seed % 2 == 0 ? Activation.RELU : Activation.values()[random.nextInt(4)];
      Load load = Load.values()[random.nextInt(Load.values().length)];
      ExpertRows rows = ExpertRows.of(sizes, activation, random.nextBoolean(), load, seed);
      Program program = rows.onMesh(mesh);
      String what =
          seed
              + ": "
              + mesh.notation()
              + " "
              + Arrays.toString(sizes)
              + " "
              + activation
              + " "
              + load;
      try (Collectives collectives = Collectives.open(mesh);
          MeshExecutable executable =
              compiled(collectives, program, seed / 2 % 2 == 0 ? ROWS : PIECES)) {
        executable.plan().certify();
        assertTrue(executable.plan().plan().raggedBound() > 0, what);
        check(rows, program, executable.run(rows.tensors(program)), what);
      }
    }
  }

  /** One executable takes every load, with a larger bound from the first that needs it on. */
  @Test
  void aLargerBoundIsTakenWhereALoadNeedsIt() {
    Mesh mesh = Mesh.parse("x=8");
    int[] sizes = {8, 3, 2, 24, 4, 3};
    Program program = null;
    try (Collectives collectives = Collectives.open(mesh)) {
      ExpertRows balanced = ExpertRows.of(sizes, Activation.RELU, true, Load.BALANCED, 1);
      program = balanced.onMesh(mesh);
      try (MeshExecutable executable = compiled(collectives, program, PIECES)) {
        List<Double> bounds = new ArrayList<>();
        for (Load load : Load.values()) {
          ExpertRows rows = ExpertRows.of(sizes, Activation.RELU, true, load, 2);
          check(rows, program, executable.run(rows.tensors(program)), load.name());
          bounds.add(executable.plan().plan().raggedBound());
        }
        executable.plan().certify();
        List<Double> expected = new ArrayList<>(List.of(2.0));
        expected.addAll(Collections.nCopies(12, 8.0));
        assertEquals(expected, bounds);
      }
    }
  }

  /** Two devices with four rows each, of which a device may receive four. */
  private static ExpertRows sent(int toTheFirst) {
    int[] chosen = new int[8];
    Arrays.fill(chosen, -1);
    Arrays.fill(chosen, 0, toTheFirst, 0);
    return ExpertRows.of(
        new int[] {2, 4, 1, 2, 3, 2}, Activation.RELU, false, chosen, new Random(3));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5, 8})
  void theBoundIsMet(int rows) {
    ExpertRows sent = sent(rows);
    Program program = sent.onMesh(Mesh.parse("x=2"));
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"));
        MeshExecutable executable =
            MeshBackend.of(collectives, MoePrograms.kernels(), ROWS.withRaggedBound(1))
                .compile(program)) {
      check(sent, program, executable.run(sent.tensors(program)), "rows " + rows);
      assertEquals(rows > 4 ? 2 : 1, executable.plan().plan().raggedBound());
    }
  }

  /** A run that would hold more than its limit ends before a row is sent, and the next one runs. */
  @Test
  void withinAMemoryLimitNothingIsWrittenBeyondTheBound() {
    Program program = sent(5).onMesh(Mesh.parse("x=2"));
    try (Collectives collectives = Collectives.open(Mesh.parse("x=2"))) {
      MeshBackend backend =
          MeshBackend.of(collectives, MoePrograms.kernels(), ROWS.withRaggedBound(1));
      long limit;
      try (MeshExecutable free = backend.compile(program)) {
        limit = free.heldBytes();
      }
      try (MeshExecutable executable =
          backend.compile(program, CompileOptions.defaults().withMemoryLimit(limit))) {
        List<Tensor> outputs = new ArrayList<>();
        for (Value output : program.outputs()) {
          outputs.add(Tensor.full(output.type().dtype(), 77, output.type().shape().toArray()));
        }
        List<Tensor> tooMany = sent(5).tensors(program);
        RaggedBoundException over =
            assertThrows(RaggedBoundException.class, () -> executable.runInto(outputs, tooMany));
        assertEquals(List.of(5L, 4L), List.of(over.needed(), over.bound()));
        assertTrue(over.getMessage().contains("raise the memory limit"), over::getMessage);
        for (Tensor output : outputs) {
          assertFalse(Arrays.stream(output.toDoubleArray()).anyMatch(value -> value != 77));
        }
        check(sent(4), program, executable.run(sent(4).tensors(program)), "after an error");
      }
    }
  }

  /** Neither form moves a matrix of an expert, whatever the activation. */
  @ParameterizedTest
  @EnumSource(Activation.class)
  void noDeviceHoldsTheMatricesOfAllExperts(Activation activation) {
    for (PlanOptions.Partitions when : PlanOptions.Partitions.values()) {
      for (boolean biased : new boolean[] {false, true}) {
        int[] sizes = {4, 4, 2, 4, 32, 32};
        ExpertRows rows = ExpertRows.of(sizes, activation, biased, Load.BALANCED, 1);
        Program program = rows.onMesh(Mesh.parse("x=4"));
        try (Collectives collectives = Collectives.open(Mesh.parse("x=4"))) {
          var plan =
              MeshBackend.of(collectives, MoePrograms.kernels(), ROWS.withPartitions(when))
                  .plan(program)
                  .plan();
          for (var value : plan.values()) {
            boolean isMatrix = value.layout().rank() == 3 && value.layout().label(0).equals("E");
            boolean isTokens = value.layout().rank() == 3 && value.layout().label(2).equals("M");
            boolean isWhole = value.localElements() == value.shape().elementCount();
            assertFalse(isMatrix && isWhole, plan::toString);
            assertFalse(
                when == PlanOptions.Partitions.ALWAYS && isTokens && isWhole, plan::toString);
          }
        }
      }
    }
  }
}
