package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.RandomLayoutsTest.Laid;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.testkit.TensorDifference;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testkit.Tensors;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random programs on integers of the whole range, and on floating numbers with infinities in an
 * eighth of the programs, have the values of their definition on one device and on a mesh, in any
 * layouts and with any annotations.
 *
 * <p>{@code -Dshardsum.programs=N} tries N programs of each dtype, {@code -Dshardsum.seed=S} begins
 * with another seed.
 */
class WholeRangeTest {
  private static final int PROGRAMS =
      Integer.getInteger("shardsum.programs", TestDepth.cases(4, 10, 20));
  private static final long FIRST = Long.getLong("shardsum.seed", TestDepth.seed(1));

  private static Generator<Program> programs(DType dtype) {
    return dtype.isFloating() ? Programs.exact(dtype, 14) : Programs.wrapping(dtype, 14);
  }

  private static Generator<ProgramCase> cases(DType dtype, boolean isExtreme) {
    return isExtreme
        ? programs(dtype)
            .flatMap(
                program ->
                    choices ->
                        new ProgramCase(
                            program,
                            program.inputs().stream()
                                .map(x -> x.type())
                                .map(x -> Tensors.extremes(x.dtype(), x.shape()).generate(choices))
                                .toList()))
        : Programs.withInputs(programs(dtype), true);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F32", "F64", "I32", "I64"})
  void programsHaveTheValuesOfTheirDefinition(DType dtype) {
    long seed = FIRST << 24;
    for (int i = 0; i < PROGRAMS; i++) {
      boolean isExtreme = !dtype.isFloating() || i % 8 == 0;
      boolean isEveryValue = i % 2 == i / 8 % 2;
      Generator<ProgramCase> cases = cases(dtype, isExtreme);
      Generator<Laid> laid =
          isEveryValue ? RandomLayoutsTest.laid(cases) : RandomLayoutsTest.annotated(cases);
      String repeat = "-Dshardsum.seed=" + FIRST + " -Dshardsum.programs=" + (i + 1);
      while (!isAsDefined(laid, seed, isEveryValue, repeat)) {
        // Another program in place of one with a NaN that the order of products gives.
        seed++;
      }
      seed++;
    }
  }

  /** Whether the definition says one value. Every error names the program. */
  private static boolean isAsDefined(
      Generator<Laid> laid, long seed, boolean isEveryValue, String repeat) {
    Laid drawn;
    try {
      drawn = laid.of(seed);
    } catch (RuntimeException failed) {
      throw new AssertionError(repeat + ": the generator at " + seed, failed);
    }
    try {
      return isAsDefined(drawn, isEveryValue, repeat + ": " + drawn);
    } catch (RuntimeException failed) {
      throw new AssertionError(repeat + ": " + drawn, failed);
    }
  }

  private static boolean isAsDefined(Laid drawn, boolean isEveryValue, String what) {
    ByDefinition definition = new ByDefinition();
    Program program = drawn.program().program();
    List<Tensor> expected = definition.run(program, drawn.program().inputs());
    if (definition.isAmbiguous()) {
      return false;
    }
    equal(new ReferenceBackend(), program, drawn, expected, what);
    equal(LocalBackend.of(Workers.sequential()), program, drawn, expected, what);
    try (Collectives collectives = sequential(drawn)) {
      if (isEveryValue) {
        Backend planned = new Planned(MeshBackend.of(collectives), RandomLayoutsTest.plan(drawn));
        equal(planned, program, drawn, expected, what);
      } else {
        Program annotated = RandomLayoutsTest.annotated(drawn);
        MeshBackend mesh = RandomLayoutsTest.certified(collectives, annotated);
        equal(mesh, annotated, drawn, expected, what);
      }
    }
    return true;
  }

  private static Collectives sequential(Laid drawn) {
    return Collectives.open(drawn.mesh(), Workers.sequential(), CollectiveOptions.defaults());
  }

  private static void equal(
      Backend backend, Program program, Laid drawn, List<Tensor> expected, String what) {
    try (Executable executable = backend.compile(program)) {
      List<Tensor> given = executable.run(drawn.program().inputs());
      assertEquals(
          Optional.empty(),
          TensorDifference.between(program.outputs(), expected, given),
          () -> backend.name() + ", " + what + "\n" + executable.explain());
    } catch (RuntimeException failed) {
      throw new AssertionError(backend.name() + ", " + what, failed);
    }
  }
}
