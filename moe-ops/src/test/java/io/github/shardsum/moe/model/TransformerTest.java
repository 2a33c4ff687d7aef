package io.github.shardsum.moe.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TransformerTest {
  private static final Backend BACKEND =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());

  private static final TransformerSpec SPEC =
      TransformerSpec.builder()
          .vocabulary(9)
          .model(4)
          .heads(2)
          .key(3)
          .hidden(5)
          .layers(2)
          .experts(3)
          .positions(6)
          .groups(2)
          .route(RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"))
          .dtype(DType.F64)
          .build();

  /** Wide enough that tokens differ, so that no two continuations tie. */
  private static Map<String, Tensor> parameters(TransformerSpec spec) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (Parameter each : Transformer.parameters(spec)) {
      parameters.put(each.name(), each.initial(5, parameters.size()));
    }
    return parameters;
  }

  private static List<Tensor> inputs(Map<String, Tensor> parameters, Tensor... others) {
    List<Tensor> inputs = new ArrayList<>(parameters.values());
    inputs.addAll(List.of(others));
    return inputs;
  }

  private static final Tensor SOURCE = Tensor.of(new int[] {3, 4, 2, 0, 5, 2, 0, 0}, 2, 4);
  private static final Tensor TARGET = Tensor.of(new int[] {1, 6, 7, 1, 8, 0}, 2, 3);
  private static final Tensor NEXT = Tensor.of(new int[] {6, 7, 2, 8, 2, 0}, 2, 3);

  @Test
  void theGradientIsTheSlopeOfTheLoss() {
    Transformer.Loss terms = new Transformer.Loss(0.1, 0.01, 0.001);
    Program loss = Transformer.loss(SPEC, terms, 2, 4, 3);
    Map<String, Tensor> parameters = parameters(SPEC);
    List<String> names = List.copyOf(parameters.keySet());
    Random random = new Random(3);
    double step = 1e-5;
    try (Executable value = BACKEND.compile(loss);
        Executable gradient = BACKEND.compile(Gradients.gradient(loss, List.of("loss"), names))) {
      List<Tensor> slopes = gradient.run(inputs(parameters, SOURCE, TARGET, NEXT));
      for (int i = 0; i < names.size(); i++) {
        Tensor parameter = parameters.get(names.get(i));
        Tensor flat = parameter.reshape(parameter.shape().elementCount());
        Tensor slope = slopes.get(i).reshape(flat.size(0));
        for (int tries = 0; tries < 3; tries++) {
          long at = random.nextInt((int) flat.size(0));
          double before = flat.getDouble(at);
          flat.set(before + step, at);
          double above = value.run(inputs(parameters, SOURCE, TARGET, NEXT)).get(0).getDouble();
          flat.set(before - step, at);
          double below = value.run(inputs(parameters, SOURCE, TARGET, NEXT)).get(0).getDouble();
          flat.set(before, at);
          // Central differences are off by the third derivative times the step's square.
          assertEquals((above - below) / (2 * step), slope.getDouble(at), 1e-7, names.get(i));
        }
      }
    }
  }

  @Test
  void theLossIsTheCrossEntropyOfTheLogits() {
    Map<String, Tensor> parameters = parameters(SPEC);
    Program loss = Transformer.loss(SPEC, new Transformer.Loss(0.2, 0, 0), 2, 4, 3);
    try (Executable value = BACKEND.compile(loss);
        Executable logits = BACKEND.compile(Transformer.logits(SPEC, 2, 4, 3))) {
      Tensor all = logits.run(inputs(parameters, SOURCE, TARGET)).getFirst();
      double nll = 0;
      double even = 0;
      int count = 0;
      for (int b = 0; b < 2; b++) {
        for (int t = 0; t < 3; t++) {
          long next = NEXT.getLong(b, t);
          if (next == 0) {
            continue;
          }
          double sum = 0;
          double mean = 0;
          for (int v = 0; v < 9; v++) {
            sum += Math.exp(all.getDouble(b, t, v));
            mean += all.getDouble(b, t, v) / 9;
          }
          nll += Math.log(sum) - all.getDouble(b, t, next);
          even += Math.log(sum) - mean;
          count++;
        }
      }
      List<Tensor> results = value.run(inputs(parameters, SOURCE, TARGET, NEXT));
      assertEquals((0.8 * nll + 0.2 * even) / count, results.get(0).getDouble(), 1e-12);
      assertEquals(nll / count, results.get(1).getDouble(), 1e-12);
    }
  }

  @Test
  void paddingChangesNoLogit() {
    Map<String, Tensor> parameters = parameters(SPEC);
    Tensor longer = Tensor.of(new int[] {3, 4, 2, 0, 0, 0, 5, 2, 0, 0, 0, 0}, 2, 6);
    Tensor padded = Tensor.of(new int[] {1, 6, 7, 0, 0, 1, 8, 0, 0, 0}, 2, 5);
    try (Executable narrow = BACKEND.compile(Transformer.logits(SPEC, 2, 4, 3));
        Executable wide = BACKEND.compile(Transformer.logits(SPEC, 2, 6, 5))) {
      Tensor few = narrow.run(inputs(parameters, SOURCE, TARGET)).getFirst();
      Tensor many = wide.run(inputs(parameters, longer, padded)).getFirst();
      for (int b = 0; b < 2; b++) {
        for (int t = 0; t < 3 - b; t++) {
          for (int v = 0; v < 9; v++) {
            assertEquals(few.getDouble(b, t, v), many.getDouble(b, t, v), 1e-12);
          }
        }
      }
    }
  }

  /** Beams that are decoded again from their beginning at each step: no cache, nothing shared. */
  private record Prefix(List<Integer> tokens, double score) {
    boolean ended() {
      return !tokens.isEmpty() && tokens.getLast() == TransformerSpec.END;
    }
  }

  private static Decoding.Sentence withoutCache(
      Executable logits, Map<String, Tensor> parameters, int[] source, int width, int most) {
    int[] padded = java.util.Arrays.copyOf(source, 6);
    List<Prefix> beam = List.of(new Prefix(List.of(), 0));
    for (int step = 0; step < most && !beam.stream().allMatch(Prefix::ended); step++) {
      List<Prefix> candidates = new ArrayList<>();
      for (Prefix prefix : beam) {
        if (prefix.ended()) {
          candidates.add(prefix);
          continue;
        }
        int[] target = new int[6];
        target[0] = TransformerSpec.BEGIN;
        for (int i = 0; i < step; i++) {
          target[i + 1] = prefix.tokens().get(i);
        }
        Tensor all =
            logits
                .run(inputs(parameters, Tensor.of(padded, 1, 6), Tensor.of(target, 1, 6)))
                .getFirst();
        double sum = 0;
        for (int v = 0; v < 9; v++) {
          sum += Math.exp(all.getDouble(0, step, v));
        }
        for (int v = 0; v < 9; v++) {
          List<Integer> tokens = new ArrayList<>(prefix.tokens());
          tokens.add(v);
          double log = all.getDouble(0, step, v) - Math.log(sum);
          candidates.add(new Prefix(tokens, prefix.score() + log));
        }
      }
      candidates.sort(Comparator.comparingDouble(Prefix::score).reversed());
      beam = candidates.subList(0, Math.min(width, candidates.size()));
    }
    Prefix best =
        beam.stream()
            .max(
                Comparator.comparing(Prefix::ended)
                    .thenComparingDouble(
                        each -> each.score() / Math.pow((5.0 + each.tokens().size()) / 6, 0.6)))
            .orElseThrow();
    int length = best.tokens().size() - (best.ended() ? 1 : 0);
    return new Decoding.Sentence(best.tokens().subList(0, length), best.ended(), best.score());
  }

  @Test
  void decodingWithACacheIsDecodingWithoutOne() {
    Map<String, Tensor> parameters = parameters(SPEC);
    List<int[]> sources =
        List.of(
            new int[] {3, 4, 2},
            new int[] {5, 2},
            new int[] {8, 7, 6, 5, 2},
            new int[] {2},
            new int[] {4, 4, 4, 2});
    try (Executable logits = BACKEND.compile(Transformer.logits(SPEC, 1, 6, 6))) {
      for (int width : new int[] {1, 3}) {
        try (Decoding decoding = new Decoding(SPEC, BACKEND, 2, width, 6)) {
          List<Decoding.Sentence> decoded = decoding.decode(parameters, sources);
          for (int i = 0; i < sources.size(); i++) {
            Decoding.Sentence expected = withoutCache(logits, parameters, sources.get(i), width, 6);
            assertEquals(expected.tokens(), decoded.get(i).tokens());
            assertEquals(expected.ended(), decoded.get(i).ended());
            assertEquals(expected.logProbability(), decoded.get(i).logProbability(), 1e-9);
          }
        }
      }
    }
  }

  @Test
  void hypothesesAreDifferentAndTheFirstIsTheDecodedOne() {
    Map<String, Tensor> parameters = parameters(SPEC);
    List<int[]> sources = List.of(new int[] {3, 4, 2}, new int[] {5, 2}, new int[] {2});
    try (Decoding decoding = new Decoding(SPEC, BACKEND, 2, 3, 6)) {
      List<Decoding.Sentence> decoded = decoding.decode(parameters, sources);
      List<List<Decoding.Sentence>> found = decoding.hypotheses(parameters, sources);
      for (int i = 0; i < sources.size(); i++) {
        assertEquals(3, found.get(i).size());
        assertEquals(decoded.get(i), found.get(i).getFirst());
        assertEquals(3, Set.copyOf(found.get(i)).size());
        // Those that ended come first.
        for (int j = 1; j < 3; j++) {
          assertTrue(found.get(i).get(j - 1).ended() || !found.get(i).get(j).ended());
        }
      }
    }
  }

  @Test
  void theRoutesOfASourceAreThoseOfItsTokens() {
    List<Decoding.Routes> routes = new ArrayList<>();
    try (Decoding decoding = new Decoding(SPEC, BACKEND, 2, 1, 2)) {
      decoding.decode(parameters(SPEC), List.of(new int[] {3, 2}, new int[] {2}), routes::add);
    }
    long[] experts = routes.getFirst().experts().get("encoder.1.feed_forward");
    assertEquals(List.of(1, 0), routes.getFirst().sources());
    // Two sentences of six positions with two choices each; the first has one token, the other two.
    assertEquals(2 * 6 * 2, experts.length);
    for (int i = 0; i < experts.length; i++) {
      boolean real = i < 2 || (i >= 12 && i < 16);
      assertEquals(real, experts[i] >= 0);
      assertTrue(experts[i] < 3);
    }
  }

  @Test
  void theDenseModelCostsATokenAsMuchAndHasNoRouter() {
    TransformerSpec dense = SPEC.withExperts(1);
    assertTrue(
        Transformer.parameters(dense).stream().noneMatch(each -> each.name().endsWith(".wg")));
    Program loss = Transformer.loss(dense, new Transformer.Loss(0, 0.01, 0.001), 2, 4, 3);
    assertTrue(loss.outputs().stream().noneMatch(each -> each.name().startsWith("placed")));
    try (Executable value = BACKEND.compile(loss)) {
      List<Tensor> results = value.run(inputs(parameters(dense), SOURCE, TARGET, NEXT));
      assertEquals(results.get(1).getDouble(), results.get(0).getDouble(), 1e-12);
    }
  }

  @Test
  void aSpecificationIsItsNotation() {
    assertEquals(SPEC, TransformerSpec.parse(SPEC.toString()));
    assertThrows(
        IllegalArgumentException.class,
        () -> TransformerSpec.parse(SPEC.toString().replace("model=4", "model=04")));
    assertThrows(IllegalArgumentException.class, () -> TransformerSpec.parse("model=4"));
    String large = SPEC.toString().replace("model=4", "model=19999999998");
    assertEquals(
        "transformer: a size must be a whole number of at most 9 digits, got \"model=19999999998\"",
        assertThrows(IllegalArgumentException.class, () -> TransformerSpec.parse(large))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> SPEC.withExperts(0));
  }

  @Test
  void aParameterThatIsMissingIsNamedAlone() {
    try (Decoding decoding = new Decoding(SPEC, BACKEND, 2, 1, 2)) {
      Map<String, Tensor> some = new LinkedHashMap<>(parameters(SPEC));
      some.remove("source.embedding");
      String message =
          String.valueOf(
              assertThrows(
                      IllegalArgumentException.class,
                      () -> decoding.decode(some, List.of(new int[] {2})))
                  .getMessage());
      assertTrue(message.contains("must have source.embedding"), message);
      assertTrue(message.length() < 200, message);
    }
  }

  @Test
  void aSourceThatHasNoPlaceIsRefused() {
    try (Decoding decoding = new Decoding(SPEC, BACKEND, 2, 1, 2)) {
      Map<String, Tensor> parameters = parameters(SPEC);
      assertThrows(
          IllegalArgumentException.class, () -> decoding.decode(parameters, List.of(new int[7])));
      assertEquals(List.of(), decoding.decode(parameters, List.of()));
    }
  }
}
