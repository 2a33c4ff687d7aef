package io.github.shardsum.testkit;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.internal.testkit.OperationFilter;
import io.github.shardsum.internal.testkit.ProgramReducer;
import io.github.shardsum.internal.testkit.TensorDifference;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Disagreement.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Compares two functions that run programs, on random sharded programs: an oracle for a partitioner
 * or a compiler. Immutable; every run draws the same programs.
 *
 * <pre>{@code
 * Differ.of((program, inputs) -> mine.run(program, inputs))
 *     .on(Mesh.parse("x=4 y=2"))
 *     .programs(5000)
 *     .run(System.out::println);
 * }</pre>
 *
 * <p>Programs have every kind of operation; half of them have mostly one to three kinds. They have
 * layouts of inputs and annotations on the mesh, some of them uneven. Their values are small
 * integers, so that arithmetic is exact in any order. A result that differs in a bit is therefore
 * wrong; only the sign of a zero may differ. If one function throws and the other has a result,
 * they disagree too. Each program on which they disagree is made smaller: statements are dropped,
 * values become inputs, labels become shorter, and layouts and inputs become simpler.
 */
public final class Differ {
  private static final int OPERATIONS = 12;
  private static final int LARGEST_LABEL = 9;
  private static final int MOST_REDUCTIONS = 2000;
  private static final List<DType> DTYPES =
      List.of(DType.I32, DType.F32, DType.I64, DType.F64, DType.BF16);

  /**
   * Dtypes of programs with regions: sums of these dtypes wrap, so that they are exact in any
   * order.
   */
  private static final List<DType> INTEGERS = List.of(DType.I32, DType.I64);

  private static final int MOST_MEMBERS = 64;

  private final Runner given;
  private final Runner expected;
  private final Draw draw;
  private final int programs;
  private final long seed;
  private final Optional<Duration> limit;
  private final LongConsumer progress;

  private Differ(
      Runner given,
      Runner expected,
      Draw draw,
      int programs,
      long seed,
      Optional<Duration> limit,
      LongConsumer progress) {
    this.given = Objects.requireNonNull(given, "given");
    this.expected = Objects.requireNonNull(expected, "expected");
    this.draw = draw;
    this.programs = programs;
    this.seed = seed;
    this.limit = limit;
    this.progress = Objects.requireNonNull(progress, "progress");
  }

  /**
   * The programs to draw.
   *
   * @param even whether the mesh divides the sizes of labels
   * @param operations the names of operations, or none for all
   */
  private record Draw(
      Mesh mesh, List<DType> dtypes, boolean regions, boolean even, Set<String> operations) {
    Draw {
      if (regions && dtypes.stream().noneMatch(INTEGERS::contains)) {
        throw new IllegalArgumentException(
            "regions: dtypes must have one of " + INTEGERS + ", got " + dtypes);
      }
    }

    ProgramCase program(long number) {
      List<DType> chosen =
          dtypes.stream().filter(regions ? INTEGERS::contains : _ -> true).toList();
      Generator<ProgramCase> cases =
          choices -> {
            DType dtype = choices.of(chosen);
            Generator<Program> plain =
                regions
                    ? Programs.regions(dtype, axes(), OPERATIONS, false)
                    : Programs.mixed(dtype, OPERATIONS, LARGEST_LABEL, even ? mesh.size() : 1);
            return Programs.withInputs(Layouts.laid(mesh, plain), true).generate(choices);
          };
      return cases.of(number);
    }

    private List<MeshAxis> axes() {
      return mesh.axes().stream().map(axis -> new MeshAxis(axis.name(), axis.size())).toList();
    }
  }

  /** A function from a program and its inputs to its outputs. */
  @FunctionalInterface
  public interface Runner {
    /**
     * Runs a program.
     *
     * @param program the program
     * @param inputs one tensor for each input
     * @return one tensor for each output
     * @throws UnsupportedProgramException if the function lacks an operation; the program is then
     *     skipped
     * @throws Exception if the function cannot run the program; this is a disagreement if the other
     *     function can
     */
    List<Tensor> run(Program program, List<Tensor> inputs) throws Exception;
  }

  /**
   * Summary of a search.
   *
   * @param programs number of programs that were drawn
   * @param skipped number of those that were not compared, since they have none of the operations
   *     or a function does not support them
   * @param disagreements number of programs on which the functions disagree
   */
  public record Summary(long programs, long skipped, long disagreements) {}

  /**
   * Compares a function with the reference evaluator, on 100 programs and a mesh of x=4 and y=2.
   *
   * @param given the function
   * @return the search
   */
  public static Differ of(Runner given) {
    return new Differ(
        given,
        running(new ReferenceBackend()),
        new Draw(Mesh.parse("x=4 y=2"), DTYPES, false, false, Set.of()),
        100,
        1,
        Optional.empty(),
        _ -> {});
  }

  /**
   * A backend as a function: each program is compiled, run once and closed.
   *
   * @param backend the backend, kept open by the caller
   * @return the function
   */
  public static Runner running(Backend backend) {
    return (program, inputs) -> {
      try (Executable executable = backend.compile(program)) {
        return executable.run(inputs);
      }
    };
  }

  /**
   * The same search, compared with another function.
   *
   * @param right the function whose outputs are expected
   * @return a changed copy
   */
  public Differ against(Runner right) {
    return new Differ(given, right, draw, programs, seed, limit, progress);
  }

  /**
   * The same search with programs on another mesh.
   *
   * @param devices the mesh whose axes layouts name
   * @return a changed copy
   */
  public Differ on(Mesh devices) {
    Objects.requireNonNull(devices, "devices");
    return drawing(
        new Draw(devices, draw.dtypes(), draw.regions(), draw.even(), draw.operations()));
  }

  /**
   * The same search with another number of programs.
   *
   * @param count number of programs, at least 1
   * @return a changed copy
   */
  public Differ programs(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("programs must be at least 1, got " + count);
    }
    return new Differ(given, expected, draw, count, seed, limit, progress);
  }

  /**
   * The same search with other programs.
   *
   * @param first seed of the first program; each further program has the next seed
   * @return a changed copy
   */
  public Differ seed(long first) {
    return new Differ(given, expected, draw, programs, first, limit, progress);
  }

  /**
   * The same search with a time limit, after which no program is begun and none is made smaller.
   *
   * @param most the time limit
   * @return a changed copy
   */
  public Differ timeLimit(Duration most) {
    Optional<Duration> time = Optional.of(Objects.requireNonNull(most, "most"));
    return new Differ(given, expected, draw, programs, seed, time, progress);
  }

  /**
   * The same search with a progress report after each program.
   *
   * @param told receives the number of programs tried so far
   * @return a changed copy
   */
  public Differ progress(LongConsumer told) {
    return new Differ(given, expected, draw, programs, seed, limit, told);
  }

  /**
   * Draws programs and compares.
   *
   * @param found receives each disagreement after its program has been made smaller
   * @return the numbers of programs and disagreements
   */
  public Summary run(Consumer<Disagreement> found) {
    return run(found, Long.MAX_VALUE);
  }

  /**
   * Draws programs until the functions disagree on one.
   *
   * @return the first disagreement, after its program has been made smaller; empty if there is none
   */
  public Optional<Disagreement> find() {
    List<Disagreement> found = new ArrayList<>();
    Summary _ = run(found::add, 1);
    return found.stream().findFirst();
  }

  private Summary run(Consumer<Disagreement> found, long most) {
    long began = System.nanoTime();
    long tried = 0;
    long skipped = 0;
    long disagreements = 0;
    while (tried < programs && disagreements < most && !isLate(began)) {
      Optional<ProgramCase> drawn = OperationFilter.of(program(seed + tried), draw.operations());
      Optional<Disagreement> disagreement = Optional.empty();
      try {
        if (drawn.isPresent()) {
          disagreement = disagreement(seed + tried, drawn.get(), began);
        }
        skipped += drawn.isPresent() ? 0 : 1;
      } catch (UnsupportedProgramException _) {
        skipped++;
      }
      disagreement.ifPresent(found);
      disagreements += disagreement.isPresent() ? 1 : 0;
      tried++;
      progress.accept(tried);
    }
    return new Summary(tried, skipped, disagreements);
  }

  private boolean isLate(long began) {
    return limit.isPresent()
        && Duration.ofNanos(System.nanoTime() - began).compareTo(limit.get()) >= 0;
  }

  /**
   * The same search with programs that have manual regions over axes of the mesh.
   *
   * @return a changed copy
   * @throws IllegalArgumentException if the mesh has more than 64 devices, since the reference runs
   *     the statements of every device
   */
  public Differ withRegions() {
    checkMembers("regions");
    return drawing(new Draw(draw.mesh(), draw.dtypes(), true, draw.even(), draw.operations()));
  }

  /**
   * The same search with programs of some dtypes.
   *
   * @param some dtypes of i32, i64, f32, f64 and bf16; programs have bool values in any case
   * @return a changed copy
   * @throws IllegalArgumentException if there is none of these
   */
  public Differ dtypes(Collection<DType> some) {
    List<DType> known = DTYPES.stream().filter(some::contains).toList();
    if (known.isEmpty()) {
      throw new IllegalArgumentException(
          "dtypes: must have at least one of " + DTYPES + ", got " + some);
    }
    return drawing(new Draw(draw.mesh(), known, draw.regions(), draw.even(), draw.operations()));
  }

  /**
   * The same search with labels whose sizes the number of devices divides, so that every layout is
   * even, except after operations that change a size.
   *
   * @return a changed copy
   * @throws IllegalArgumentException if the mesh has more than 64 devices, since values are then
   *     large
   */
  public Differ even() {
    checkMembers("even sizes");
    return drawing(new Draw(draw.mesh(), draw.dtypes(), draw.regions(), true, draw.operations()));
  }

  /**
   * The same search with programs of some operations. The results of other operations are inputs of
   * a program, and a program without any of these operations is skipped.
   *
   * @param names operations by their names in the text of a program, such as {@code einsum}; none
   *     for all operations
   * @return a changed copy
   */
  public Differ operations(Set<String> names) {
    return drawing(
        new Draw(draw.mesh(), draw.dtypes(), draw.regions(), draw.even(), Set.copyOf(names)));
  }

  private void checkMembers(String what) {
    if (draw.mesh().size() > MOST_MEMBERS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: a mesh must have at most %d devices, got %d",
              what,
              MOST_MEMBERS,
              draw.mesh().size()));
    }
  }

  private Differ drawing(Draw other) {
    return new Differ(given, expected, other, programs, seed, limit, progress);
  }

  /**
   * The program of a seed with its inputs, as this search draws it.
   *
   * @param number the seed
   * @return the program on this mesh
   */
  public ProgramCase program(long number) {
    return draw.program(number);
  }

  private Optional<Disagreement> disagreement(long number, ProgramCase drawn, long began) {
    Compared first = compare(drawn);
    if (first.difference().isEmpty()) {
      return Optional.empty();
    }
    ProgramReducer reducer =
        new ProgramReducer(
            smaller -> !isLate(began) && isLike(first, smaller), draw.mesh(), MOST_REDUCTIONS);
    ProgramCase smallest = reducer.reduce(drawn);
    Compared last = compare(smallest);
    boolean again = last.isLike(first);
    // A failure that does not occur twice, for example of a race, is shown with the program as it
    // was drawn.
    Compared shown = again ? last : first;
    return Optional.of(
        new Disagreement(
            number,
            drawn,
            again ? smallest : drawn,
            shown.expected(),
            shown.given(),
            shown.difference().orElseThrow(),
            again && shown.bothHaveResults() ? statement(smallest) : Optional.empty()));
  }

  /**
   * The first statement of which a result differs if it is one more output. A function that has a
   * fault in whole programs alone may be right then.
   */
  private Optional<String> statement(ProgramCase smallest) {
    Program program = smallest.program();
    for (Statement statement : program.statements()) {
      Set<Value> outputs = new LinkedHashSet<>(statement.results());
      outputs.addAll(program.outputs());
      Program shown =
          new Program(program.name(), program.inputs(), program.statements(), List.copyOf(outputs));
      ProgramCase more = new ProgramCase(shown, smallest.inputs());
      Outcome right = outcome(expected, more);
      Outcome other = outcome(given, more);
      if (right.failure().isPresent() || other.failure().isPresent()) {
        return Optional.empty();
      }
      int results = statement.results().size();
      if (TensorDifference.between(
              statement.results(),
              right.outputs().subList(0, results),
              other.outputs().subList(0, results))
          .isPresent()) {
        return Optional.of(statement.toString().strip());
      }
    }
    return Optional.empty();
  }

  private record Compared(Outcome expected, Outcome given, Optional<String> difference) {
    boolean bothHaveResults() {
      return expected.failure().isEmpty() && given.failure().isEmpty();
    }

    /** Whether two comparisons found the same kind of difference. */
    boolean isLike(Compared other) {
      return difference.isPresent()
          && expected.kind().equals(other.expected.kind())
          && given.kind().equals(other.given.kind());
    }
  }

  private boolean isLike(Compared first, ProgramCase smaller) {
    try {
      return compare(smaller).isLike(first);
    } catch (UnsupportedProgramException _) {
      return false;
    }
  }

  private Compared compare(ProgramCase drawn) {
    Outcome right = outcome(expected, drawn);
    Outcome other = outcome(given, drawn);
    return new Compared(right, other, difference(drawn, right, other));
  }

  private static Optional<String> difference(ProgramCase drawn, Outcome right, Outcome other) {
    if (right.failure().isPresent() && other.failure().isPresent()) {
      return Optional.empty();
    }
    if (right.failure().isPresent()) {
      return Optional.of("expected: failed with " + described(right.failure().get()));
    }
    if (other.failure().isPresent()) {
      return Optional.of("got: failed with " + described(other.failure().get()));
    }
    return TensorDifference.between(drawn.program().outputs(), right.outputs(), other.outputs());
  }

  private static String described(Throwable failure) {
    return failure.getClass().getSimpleName() + ": " + failure.getMessage();
  }

  private static Outcome outcome(Runner runner, ProgramCase drawn) {
    try {
      return new Outcome(runner.run(drawn.program(), drawn.inputs()), Optional.empty());
    } catch (UnsupportedProgramException unsupported) {
      throw unsupported;
    } catch (Exception | AssertionError | StackOverflowError failed) {
      return new Outcome(List.of(), Optional.of(failed));
    }
  }
}
