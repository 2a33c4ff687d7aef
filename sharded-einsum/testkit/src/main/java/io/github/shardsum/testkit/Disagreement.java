package io.github.shardsum.testkit;

import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A program on which two functions disagree, see {@link Differ}.
 *
 * @param seed the seed of the program as it was drawn
 * @param drawn the program as it was drawn, with its inputs
 * @param smallest the smallest program found on which the functions disagree in the same way
 * @param expected the first function's outcome for the smallest program
 * @param given the second function's outcome for the smallest program
 * @param difference the first difference in a sentence
 * @param statement the first statement of the smallest program with a wrong result, as text; empty
 *     if a function failed, or is right once that result is an output
 */
public record Disagreement(
    long seed,
    ProgramCase drawn,
    ProgramCase smallest,
    Outcome expected,
    Outcome given,
    String difference,
    Optional<String> statement) {
  /** Checks for null. */
  public Disagreement {
    Objects.requireNonNull(drawn, "drawn");
    Objects.requireNonNull(smallest, "smallest");
    Objects.requireNonNull(expected, "expected");
    Objects.requireNonNull(given, "given");
    Objects.requireNonNull(difference, "difference");
    Objects.requireNonNull(statement, "statement");
  }

  /**
   * The kind of this disagreement: what each function did, and the operations of the smallest
   * program. Two disagreements of one fault mostly have one kind; two faults may share it too.
   *
   * @return a text without numbers and names of the program
   */
  public String kind() {
    return "expected "
        + expected.kind()
        + ", got "
        + given.kind()
        + " of "
        + OperationKinds.of(smallest.program());
  }

  /**
   * The outcome of a function on a program.
   *
   * @param outputs one for each output of the program; none if the function failed
   * @param failure the reason of the failure
   */
  public record Outcome(List<Tensor> outputs, Optional<Throwable> failure) {
    /** Copies the list. */
    public Outcome {
      outputs = List.copyOf(outputs);
      Objects.requireNonNull(failure, "failure");
    }

    /**
     * "outputs", or the failure's type and the words of its first line, which sizes do not change.
     */
    String kind() {
      return failure
          .map(
              thrown ->
                  Stream.concat(
                          Stream.of(thrown.getClass().getSimpleName() + ":"),
                          String.valueOf(thrown.getMessage())
                              .lines()
                              .limit(1)
                              .flatMap(line -> Stream.of(line.split("\\s+", -1)))
                              .filter(word -> word.matches("[\\p{L}_]{3,}[,.:;]?")))
                      .collect(Collectors.joining(" ")))
          .orElse("outputs");
    }

    /** The outputs, or the failure. */
    @Override
    public String toString() {
      return failure.map(Throwable::toString).orElseGet(outputs::toString);
    }
  }

  /** The smallest program, the inputs and both results. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "seed %d: %s%n%son %s%nexpected %s%ngot %s",
        seed,
        difference,
        smallest.program(),
        smallest.inputs(),
        expected,
        given);
  }
}
