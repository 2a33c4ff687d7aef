package io.github.shardsum.backend;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testkit.jqwik.GeneratorArbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

class LocalBackendProperties {
  private static final Backend LOCAL = LocalBackend.of(Workers.sequential());

  private static Generator<ProgramCase> exact(DType dtype, int operations) {
    return Programs.withInputs(Programs.exact(dtype, operations), true);
  }

  @Provide
  Arbitrary<ProgramCase> integers() {
    return GeneratorArbitraries.of(exact(DType.I64, 20));
  }

  @Provide
  Arbitrary<ProgramCase> smallIntegersInF32() {
    return GeneratorArbitraries.of(exact(DType.F32, 20));
  }

  @Provide
  Arbitrary<ProgramCase> realNumbers() {
    Generator<Program> programs = Programs.real(DType.F32, 20);
    return GeneratorArbitraries.of(Programs.withInputs(programs, false));
  }

  @Property(tries = 400)
  void integersEqualTheReferenceBitForBit(@ForAll("integers") ProgramCase each) {
    BackendCheck.equalsReference(LOCAL, each);
  }

  @Property(tries = 400)
  void smallIntegersInF32EqualTheReferenceBitForBit(
      @ForAll("smallIntegersInF32") ProgramCase each) {
    BackendCheck.equalsReference(LOCAL, each);
  }

  @Example
  void smallIntegersInOtherDtypesEqualTheReferenceBitForBit() {
    for (DType dtype : new DType[] {DType.BF16, DType.I32, DType.F64}) {
      Check.forAll(exact(dtype, 15))
          .tries(100)
          .holds(each -> BackendCheck.equalsReference(LOCAL, each));
    }
  }

  @Example
  void everyNumberOfThreadsGivesTheSameBits() {
    try (Workers workers = Workers.of(3)) {
      Backend backend = LocalBackend.of(workers);
      Check.forAll(exact(DType.F32, 15))
          .tries(50)
          .holds(each -> BackendCheck.equalsReference(backend, each));
    }
  }

  /** Runs in f32, here and by the reference, agree with f64 within a bound of the error. */
  @Property(tries = 400)
  void realNumbersAreWithinTheBoundOfTheirRoundings(@ForAll("realNumbers") ProgramCase each) {
    for (Backend backend : new Backend[] {new ReferenceBackend(), LOCAL}) {
      for (double bound : BackendCheck.withinErrorBounds(backend, each)) {
        Statistics.label("bound of an output").collect(width(bound));
      }
    }
    // Bounds that are infinite would hold of anything: most are not, and most are narrow.
    Statistics.label("bound of an output")
        .coverage(
            outputs -> {
              outputs.check("below a thousandth").percentage(part -> part > 60);
              outputs.check("below 1").percentage(part -> part < 20);
              outputs.check("none").percentage(part -> part < 20);
            });
  }

  private static String width(double bound) {
    return bound < 1e-3 ? "below a thousandth" : bound < 1 ? "below 1" : "none";
  }
}
