package io.github.shardsum.stablehlo;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The import of a program's own text computes the program's values. */
class ImportProperties {
  /** Runs a program's text. */
  private static final Backend IMPORTING =
      new Backend() {
        @Override
        public String name() {
          return "import";
        }

        @Override
        public Executable compile(Program program, CompileOptions options) {
          return LocalBackend.of(Workers.sequential()).compile(imported(program), options);
        }
      };

  private static Program imported(Program program) {
    return ImportedProgram.parse(StableHlo.of(program).text()).program();
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "BOOL")
  void aProgramsTextHasItsValues(DType dtype) {
    Generator<ProgramCase> cases = Programs.withInputs(Programs.exact(dtype, 12), true);
    Check.forAll(cases)
        .tries(200)
        .holds(
            exact -> {
              if (isRead(exact.program())) {
                BackendCheck.equalsReference(IMPORTING, exact);
              }
            });
  }

  /**
   * Whether a program's text can be read. Random numbers, and the rounding of i64 to bf16, are
   * lowered to bits of integers, which a program does not have.
   */
  private static boolean isRead(Program program) {
    try {
      imported(program);
      return true;
    } catch (IllegalArgumentException refused) {
      assertTrue(
          refused.getMessage().matches("line \\d+: stablehlo\\.(bitcast_convert|and|or): .*"),
          refused.getMessage());
      return false;
    }
  }
}
