package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements about addends, by the rules of planning and by the checker, hold for all values. */
final class AddendRuleTest {
  private static final int DRAWS = TestDepth.cases(40, 100, 400);

  private static final String INPUTS =
      """
        input a: T[i=2 j=3]
        input b: T[i=2 j=3]
        input c: bool[i=2 j=3]
        input n: i32[i=2]
      """;

  /** Of every kind of operation that takes a value of a dtype, but those that hold a program. */
  static final List<String> OPERATIONS =
      List.of(
          "negate(a)",
          "abs(a)",
          "sign(a)",
          "exp(a)",
          "log(a)",
          "sqrt(a)",
          "rsqrt(a)",
          "tanh(a)",
          "logistic(a)",
          "sine(a)",
          "cosine(a)",
          "floor(a)",
          "relu(a)",
          "not(a)",
          "add(a, b)",
          "subtract(a, b)",
          "multiply(a, b)",
          "divide(a, b)",
          "remainder(a, b)",
          "power(a, b)",
          "maximum(a, b)",
          "minimum(a, b)",
          "and(a, b)",
          "or(a, b)",
          "xor(a, b)",
          "lt(a, b)",
          "select(c, a, b)",
          "convert(a) {dtype=f64}",
          "convert(a) {dtype=f32}",
          "convert(a) {dtype=bf16}",
          "convert(a) {dtype=i64}",
          "convert(a) {dtype=i32}",
          "convert(a) {dtype=bool}",
          "ragged(a, n) {label=\"j\", fill=0}",
          "ragged(a, n) {label=\"j\", fill=1}",
          "einsum(a) {equation=\"ij->ji\"}",
          "einsum(a) {equation=\"ij->i\"}",
          "einsum(a) {equation=\"ij->kij\", sizes=[\"k=2\"]}",
          "einsum(a, b) {equation=\"ij,kj->ik\"}",
          "einsum(a, b) {equation=\"ij,ij->ij\"}",
          "reduce_sum(a) {labels=[\"j\"]}",
          "reduce_max(a) {labels=[\"j\"]}",
          "reduce_min(a) {labels=[\"j\"]}",
          "softmax(a) {label=\"j\"}",
          "cumulative_sum(a) {label=\"j\", exclusive=false, reverse=false}",
          "cumulative_sum(a) {label=\"j\", exclusive=true, reverse=true}",
          "arg_max(a) {label=\"j\"}",
          "annotate(a) {layout=\"i\"}",
          "slice(a) {label=\"j\", from=0, to=3, step=2}",
          "pad(a) {label=\"j\", low=1, high=0, interior=1, fill=0}",
          "pad(a) {label=\"j\", low=1, high=0, interior=1, fill=1}",
          "concatenate(a, b) {label=\"j\"}",
          "shift(a) {label=\"j\", by=1, fill=0}",
          "shift(a) {label=\"j\", by=1, fill=1}",
          "window(a) {label=\"j\", window=\"w\", size=2, stride=1, dilation=1}",
          "split(a) {label=\"j\", into=[\"k\", \"l\"], sizes=[\"3\", \"1\"]}",
          "merge(a) {labels=[\"i\", \"j\"], into=\"k\"}");

  /**
   * The program of an operation, with the inputs that it reads; empty if it takes no such dtype.
   */
  private static Optional<Program> program(String operation, DType dtype) {
    return program(operation, dtype, 2, 3);
  }

  /** The program on other sizes of i and j. */
  static Optional<Program> program(String operation, DType dtype, int i, int j) {
    StringBuilder text = new StringBuilder("program p {\n");
    String arguments = operation.substring(operation.indexOf('('), operation.indexOf(')') + 1);
    for (String line : inputs(dtype, i, j)) {
      if (arguments.contains(line.strip().substring("input ".length()).split(":", -1)[0])) {
        text.append(line).append('\n');
      }
    }
    text.append("  r = ").append(operation).append("\n  output r\n}\n");
    try {
      return Optional.of(Program.parse(text.toString()));
    } catch (IllegalArgumentException notOfThisDType) {
      return Optional.empty();
    }
  }

  private static String[] inputs(DType dtype, int i, int j) {
    return INPUTS
        .replace("T", dtype.toString())
        .replace("i=2", "i=" + i)
        .replace("j=3", "j=" + j)
        .split("\n");
  }

  private static Operation operation(Program program) {
    return program.statements().getFirst().operation();
  }

  private static Set<Set<Integer>> ofPlanner(Program program) {
    return ShardingRules.of(program.statements().getFirst()).linear();
  }

  private static Set<Set<Integer>> ofChecker(Program program) {
    Map<Integer, Set<Integer>> sets = new TreeMap<>();
    List<Integer> sums = AddendRule.of(operation(program));
    for (int i = 0; i < sums.size(); i++) {
      sets.computeIfAbsent(sums.get(i), _ -> new HashSet<>()).add(i);
    }
    sets.remove(0);
    return Set.copyOf(sets.values());
  }

  private static Stream<Program> programs(DType dtype) {
    return OPERATIONS.stream().flatMap(operation -> program(operation, dtype).stream());
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void whatMayBeAddendsGivesTheSumOfAllValues(DType dtype) {
    List<String> wrong = new ArrayList<>();
    for (Program program : programs(dtype).toList()) {
      Set<Set<Integer>> claims = new HashSet<>(ofPlanner(program));
      claims.addAll(ofChecker(program));
      for (Set<Integer> together : claims) {
        new DrawnAddends(1)
            .refuted(program, together, DRAWS)
            .ifPresent(values -> wrong.add(program + "operands " + together + ": " + values));
      }
    }
    assertEquals(List.of(), wrong);
  }

  /** Else a plan would be refused that is right. */
  @ParameterizedTest
  @EnumSource(DType.class)
  void theCheckerKnowsWhatThePlannerUses(DType dtype) {
    for (Program program : programs(dtype).toList()) {
      assertTrue(ofChecker(program).containsAll(ofPlanner(program)), program.toString());
    }
  }

  @Test
  void everyOperationIsOfSomeDType() {
    for (String operation : OPERATIONS) {
      assertTrue(
          Stream.of(DType.values()).anyMatch(dtype -> program(operation, dtype).isPresent()),
          operation);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "i32 0 convert(a) {dtype=i64}",
        "i32 0 convert(a) {dtype=f64}",
        "f32 0 convert(a) {dtype=f64}",
        "f64 0 convert(a) {dtype=f32}",
        "bf16 0 convert(a) {dtype=f32}",
        "i32 0 divide(a, b)",
        "f32 0 divide(a, b)",
        "f32 0 multiply(a, b)",
        "f32 1 multiply(a, b)",
        "f32 0,1 add(a, b)",
        "f64 0,1 subtract(a, b)",
        "f32 0 reduce_sum(a) {labels=[\"j\"]}",
        "f32 0 einsum(a, b) {equation=\"ij,kj->ik\"}",
        "i64 0 reduce_max(a) {labels=[\"j\"]}",
        "i32 0 add(a, b)",
        "i32 0,1 multiply(a, b)",
        "f32 0 cumulative_sum(a) {label=\"j\", exclusive=false, reverse=false}",
        "f32 0 pad(a) {label=\"j\", low=1, high=0, interior=1, fill=1}",
        "f32 1 select(c, a, b)",
        "f32 0,1,2 select(c, a, b)",
        "bool 0 not(a)",
        "bool 0,1 and(a, b)"
      })
  void valuesRefuteAFalseClaim(String claim) {
    String[] words = claim.split(" ", 3);
    Set<Integer> together = new HashSet<>();
    for (String operand : words[1].split(",", -1)) {
      together.add(Integer.parseInt(operand));
    }
    Program program = program(words[2], DType.parse(words[0])).orElseThrow();
    assertTrue(new DrawnAddends(1).refuted(program, together, 2_000).isPresent(), claim);
    assertTrue(!ofPlanner(program).contains(together), claim);
    assertTrue(!ofChecker(program).contains(together), claim);
  }
}
