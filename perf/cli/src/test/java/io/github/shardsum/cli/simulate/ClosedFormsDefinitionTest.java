package io.github.shardsum.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.cli.simulate.Prediction.Term;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every term of the formulas, of random models on random machines, equals docs/simulate.md's
 * definition: sums over layers, token by token.
 */
class ClosedFormsDefinitionTest {
  private static final double ETA = 0.9;

  /** A drawn model and job; widths are multiples of 256, so that no matrix unit fills them up. */
  private record Drawn(
      String family,
      int layers,
      int width,
      int heads,
      int keyHeads,
      int headWidth,
      int vocabulary,
      int hidden,
      boolean gated,
      Sparse sparse,
      int sequence,
      double again,
      boolean overlap,
      Map<String, Integer> axes,
      int slices,
      long batch) {

    int axis(String name) {
      return axes.getOrDefault(name, 1);
    }

    int devices() {
      return axis("data")
          * axis("fsdp")
          * axis("expert")
          * axis("tensor")
          * axis("context")
          * axis("pipeline");
    }

    boolean gpu() {
      return family.equals("h100");
    }

    boolean isSparse(int layer) {
      int after = layer - sparse.firstDense() + 1;
      return sparse.count() > 0 && after > 0 && after % sparse.every() == 0;
    }

    int matrices() {
      return gated ? 3 : 2;
    }

    String json() {
      String experts =
          sparse.count() == 0
              ? ""
              : String.format(
                  Locale.ROOT,
                  """
                  "experts": {"count": %d, "topK": %d, "width": %d, "shared": %d,
                   "sharedWidth": %d, "every": %d, "firstDense": %d, "capacityFactor": %s,
                   "dispatch": "%s", "groupTokens": %d},
                  """,
                  sparse.count(),
                  sparse.topK(),
                  sparse.width(),
                  sparse.shared() == 0 ? 0 : 1,
                  Math.max(1, sparse.shared()),
                  sparse.every(),
                  sparse.firstDense(),
                  sparse.capacity(),
                  sparse.einsum() ? "einsum" : "rows",
                  sparse.group());
      return String.format(
          Locale.ROOT,
          """
          {"layers": %d, "width": %d, "heads": %d, "kvHeads": %d, "headWidth": %d,
           "vocabulary": %d, "feedForward": {"width": %d, "gated": %b}, %s
           "sequence": %d, "rematerialise": %s, "overlap": %b}
          """,
          layers,
          width,
          heads,
          keyHeads,
          headWidth,
          vocabulary,
          hidden,
          gated,
          experts,
          sequence,
          again,
          overlap);
    }
  }

  /** Experts; a count of 0 is a dense model, a capacity of 0 drops nothing. */
  private record Sparse(
      int count,
      int topK,
      int width,
      int shared,
      int every,
      int firstDense,
      double capacity,
      boolean einsum,
      int group) {}

  private static Drawn drawn(Random random) {
    boolean gpu = random.nextBoolean();
    int slices = gpu ? 1 : 1 << random.nextInt(3);
    Map<String, Integer> axes = new LinkedHashMap<>();
    axes.put("data", slices << random.nextInt(2));
    axes.put("fsdp", 1 << random.nextInt(4));
    axes.put("expert", 1 << random.nextInt(5));
    axes.put("tensor", 1 << random.nextInt(3));
    axes.put("context", 1 << random.nextInt(2));
    if (gpu && random.nextBoolean()) {
      axes.put("pipeline", 2);
      axes.put("virtualStages", 1 + random.nextInt(3));
    }
    if (gpu) {
      axes.put("microbatches", 1 << random.nextInt(4));
    }
    Sparse sparse =
        new Sparse(
            random.nextInt(4) == 0 ? 0 : 32,
            1 + random.nextInt(2),
            256 * (1 + random.nextInt(3)),
            random.nextBoolean() ? 0 : 512,
            1 + random.nextInt(2),
            random.nextInt(2),
            random.nextBoolean() ? 0 : 1.25,
            random.nextBoolean(),
            1 << (8 + random.nextInt(3)));
    return new Drawn(
        gpu ? "h100" : "v5e",
        3 + random.nextInt(4),
        256 * (1 + random.nextInt(4)),
        4,
        2,
        64 << random.nextInt(3),
        1024,
        256 * (1 + random.nextInt(8)),
        random.nextBoolean(),
        sparse,
        1024,
        random.nextInt(3) / 2.0,
        random.nextBoolean(),
        axes,
        slices,
        1L << (9 + random.nextInt(3)));
  }

  private static Job job(Drawn drawn) {
    SimulatedModelFile file =
        SimulatedModelFile.read("test", new JsonMapper().readTree(drawn.json()));
    DeviceFamily family = DeviceFamily.named(drawn.family(), DeviceFamily.all());
    Machine machine = Machine.cubic(family, drawn.devices(), drawn.slices(), 1);
    return SimulateJobs.job(file, machine, Optional.of(AxisSizes.of(drawn.axes())), drawn.batch());
  }

  /** The terms by their definition, in the order of the page. */
  private static final class ByHand {
    private final Drawn d;
    private final Machine machine;
    private final double tokens;
    private final double peak;
    private final double memory;
    private final double passes;
    private final List<Term> terms = new ArrayList<>();
    private double denseWeights;
    private double expertWeights;
    private int sparseLayers;

    ByHand(Drawn drawn, Machine machine) {
      this.d = drawn;
      this.machine = machine;
      this.tokens = (double) d.sequence() * d.batch() / d.devices();
      this.peak = d.gpu() ? 989e12 : 197e12;
      this.memory = 0.8 * (d.gpu() ? 3350e9 : 819e9);
      this.passes = 3 + d.again();
      for (int layer = 0; layer < d.layers(); layer++) {
        denseWeights += attention() + (d.isSparse(layer) ? beside() : dense());
        if (d.isSparse(layer)) {
          sparseLayers++;
          for (int e = 0; e < d.sparse().count(); e++) {
            expertWeights += d.matrices() * (double) d.width() * d.sparse().width();
          }
        }
      }
    }

    /** Query and output of each head, key and value of each head of keys. */
    private double attention() {
      return 2.0 * d.width() * d.headWidth() * (d.heads() + d.keyHeads());
    }

    private double dense() {
      return d.matrices() * (double) d.width() * d.hidden();
    }

    /** The router and the shared experts of a sparse layer. */
    private double beside() {
      Sparse s = d.sparse();
      return (double) d.width() * s.count() + d.matrices() * (double) d.width() * s.shared();
    }

    private double embeddings() {
      return 2.0 * d.vocabulary() * d.width();
    }

    private double rows() {
      return d.sparse().topK() * (d.sparse().capacity() == 0 ? 1 : d.sparse().capacity());
    }

    private double exposed() {
      return terms.stream().mapToDouble(Term::exposed).sum();
    }

    private void add(String name, Kind kind, double seconds, double exposed) {
      if (seconds > 0) {
        terms.add(new Term(name, kind, seconds, exposed));
      }
    }

    private void compute(String name, double seconds) {
      add(name, Kind.COMPUTE, seconds, seconds);
    }

    List<Term> terms() {
      double linear = tokens * 2 * denseWeights * passes / (ETA * peak);
      compute("projections and dense layers", linear);
      double logits = 3 * tokens * 2 * d.vocabulary() * d.width() / (ETA * peak);
      compute("logits", logits);
      double products = 0;
      for (int layer = 0; layer < d.layers(); layer++) {
        // Scores and their mix: a query sees half of the keys in the mean.
        products += 2 * 2.0 * d.heads() * d.headWidth() * d.sequence() / 2;
      }
      compute(
          "attention",
          tokens
              * products
              * (1 + 2.5 + d.again())
              / (0.5 * peak * Math.min(1, d.headWidth() / 128.0)));
      if (sparseLayers > 0) {
        sparse();
      }
      elementwise();
      double layers = exposed() - logits;
      double compute = exposed();
      weights(compute);
      tensor(linear);
      slices();
      pipeline(layers, logits);
      host();
      return terms;
    }

    private void sparse() {
      Sparse s = d.sparse();
      double each = d.matrices() * (double) d.width() * s.width();
      double inOneProduct = tokens * rows() * d.axis("expert") / s.count();
      double padded = Math.min(1 + 256 / Math.max(1, inOneProduct), 257);
      double experts = 0;
      double dispatch = 0;
      double positions = 0;
      for (int layer = 0; layer < sparseLayers; layer++) {
        experts += tokens * rows() * 2 * each * passes * padded / (ETA * peak);
        if (s.einsum()) {
          double slots = rows() * s.group();
          dispatch += tokens * 2 * 2 * slots * d.width() * passes / (ETA * peak);
          dispatch += tokens * slots * 2 * 4 / memory;
          positions += tokens * s.count() * 8 * (Math.log(s.group()) / Math.log(2)) / memory;
        } else {
          dispatch += tokens * rows() * 12 * d.width() * passes / (memory / 2);
        }
      }
      compute("experts", experts);
      compute("dispatch and combine", dispatch);
      compute("positions in experts", positions);
      exchange();
    }

    private void exchange() {
      int members = d.axis("expert");
      if (members == 1) {
        return;
      }
      double bytes = tokens * rows() * d.width() * 2;
      double once = machine.allToAll(members, bytes);
      if (d.gpu() && members > 8) {
        int nodes = members / 8;
        // Each token crosses the network once for each node that one of its choices is on.
        double onNone = 1;
        for (int choice = 0; choice < d.sparse().topK(); choice++) {
          onNone *= 1 - 1.0 / nodes;
        }
        double copies = Math.min(nodes * (1 - onNone), rows());
        once = tokens * d.width() * 2 * copies * (nodes - 1) / nodes / (0.8 * 50e9);
      }
      double seconds = sparseLayers * once * (4 + 2 * d.again());
      add(
          "all-to-all of experts",
          Kind.COLLECTIVE,
          seconds,
          d.overlap() ? Math.max(0.3 * seconds, seconds - exposed()) : seconds);
    }

    private void elementwise() {
      double values = 0;
      for (int layer = 0; layer < d.layers(); layer++) {
        values += 16 * d.width() + 6 * d.heads() * d.headWidth();
        values +=
            d.isSparse(layer)
                ? 3 * (rows() * d.sparse().width() + d.sparse().shared())
                : 2 * d.hidden();
      }
      compute("elementwise", tokens * 2 * passes * values / memory);
      double shards = d.axis("fsdp") * d.axis("tensor") * d.axis("pipeline");
      if (d.gpu()) {
        shards *= d.axis("data") * d.axis("context");
      }
      double own = (denseWeights + embeddings()) / shards;
      own += expertWeights / shards / d.axis("expert");
      compute("optimizer", own * 28 / memory);
      if (d.gpu() && d.axis("microbatches") > 1) {
        double split = d.axis("tensor") * d.axis("pipeline");
        double kept = (denseWeights + embeddings() + expertWeights / d.axis("expert")) / split;
        compute("weights read again", kept * 12 * d.axis("microbatches") / memory);
      }
    }

    private void weights(double compute) {
      double split = d.axis("tensor") * d.axis("pipeline");
      double experts = expertWeights / split / d.axis("expert");
      double dense = (denseWeights + embeddings()) / split;
      int fsdp = d.axis("fsdp");
      if (fsdp > 1) {
        double rate = machine.gather(fsdp);
        hidden("weights over fsdp", 6 * dense * (fsdp - 1) / fsdp / rate, compute);
        double seconds = 6 * experts * (fsdp - 1) / fsdp / rate;
        if (d.sparse().count() > 0 && d.sparse().capacity() == 0) {
          add("experts' weights over fsdp", Kind.COLLECTIVE, seconds, seconds);
        } else {
          hidden("experts' weights over fsdp", seconds, compute);
        }
      }
      int inside = d.axis("data") / d.slices();
      int copies = inside * d.axis("expert") * d.axis("context");
      if (copies > 1) {
        double bytes = 6 * dense / fsdp * (copies - 1) / copies;
        hidden("gradients over data", bytes / machine.gather(copies), compute);
      }
      if (inside > 1 && experts > 0) {
        double bytes = 6 * experts / fsdp * (inside - 1) / inside;
        hidden("experts' gradients over data", bytes / machine.gather(inside * 16L), compute);
      }
    }

    private void hidden(String name, double seconds, double compute) {
      add(name, Kind.COLLECTIVE, seconds, Math.max(seconds - compute, 0.5 * seconds));
    }

    private void tensor(double linear) {
      int members = d.axis("tensor");
      double bytes = 0;
      for (int layer = 0; layer < d.layers(); layer++) {
        // Four gathers or scatters in each pass receive the other members' tokens.
        bytes += 8 * tokens * (members - 1) * d.width() * 2;
      }
      double seconds = bytes / machine.gather(members);
      double exposed = Math.max(0.3 * seconds, seconds - 0.5 * linear);
      add("activations over tensor", Kind.COLLECTIVE, seconds, exposed);
    }

    private void slices() {
      int slices = d.slices();
      double own = (denseWeights + embeddings() + expertWeights / d.axis("expert"));
      own /= d.axis("fsdp") * d.axis("tensor") * d.axis("pipeline");
      double seconds = own * 8 * (slices - 1) / slices / (0.8 * 3.125e9);
      add("gradients between slices", Kind.COLLECTIVE, seconds, seconds);
      double spread = 0.022 * Math.log(slices) / Math.log(2) * exposed();
      add("spread of slices", Kind.OTHER, spread, spread);
    }

    private void pipeline(double layers, double logits) {
      int stages = d.axis("pipeline");
      if (stages == 1) {
        return;
      }
      double slowest = 0;
      int left = d.layers();
      for (int stage = 0; stage < stages; stage++) {
        // The first stages have one layer more; the last has the logits.
        int own = Math.ceilDiv(d.layers(), stages);
        boolean isLast = stage == stages - 1;
        int fewer = own - (isLast ? 1 : 0);
        double work = layers * stages * (isLast ? fewer : own) / d.layers();
        slowest = Math.max(slowest, work + (isLast ? logits * stages : 0));
        left -= own;
      }
      assertTrue(left <= 0);
      double busiest = Math.max(0, slowest - layers - logits);
      add("busiest stage", Kind.OTHER, busiest, busiest);
      double slots = d.axis("microbatches") * d.axis("virtualStages");
      double bubble = (stages - 1) / slots * exposed();
      add("bubble of the pipeline", Kind.OTHER, bubble, bubble);
      double bytes = 2 * d.axis("virtualStages") * tokens * stages * d.width() * 2.0;
      double sent = bytes / (0.8 * 50e9);
      add("activations between stages", Kind.COLLECTIVE, sent, 0.5 * sent);
    }

    private void host() {
      if (!d.gpu()) {
        return;
      }
      double seconds = 0;
      for (int layer = 0; layer < d.layers(); layer++) {
        seconds += d.isSparse(layer) ? 7e-3 : 7e-3 / 3;
      }
      seconds *= d.axis("microbatches") / (double) d.axis("pipeline");
      double waits = seconds - exposed();
      add("launches by the host", Kind.OTHER, waits, waits);
    }
  }

  @Test
  void everyTermOfARandomJobIsItsDefinition() {
    Random random = new Random(20_201_130);
    Map<String, Integer> seen = new LinkedHashMap<>();
    for (int i = 0; i < 400; i++) {
      Drawn drawn = drawn(random);
      Job job = job(drawn);
      List<Term> expected = new ByHand(drawn, job.machine()).terms();
      List<Term> found = new ClosedForms().predict(job, ETA).terms();
      assertEquals(
          expected.stream().map(Term::name).toList(),
          found.stream().map(Term::name).toList(),
          drawn::toString);
      for (int at = 0; at < found.size(); at++) {
        Term one = expected.get(at);
        Term other = found.get(at);
        assertEquals(one.kind(), other.kind(), one.name());
        // A rest after a subtraction has the roundings of what it is taken from.
        double bound = 1e-9 * (one.seconds() + expected.getFirst().seconds());
        assertEquals(one.seconds(), other.seconds(), bound, () -> one.name() + " of " + drawn);
        assertEquals(one.exposed(), other.exposed(), bound, () -> one.name() + " of " + drawn);
        seen.merge(one.name(), 1, Integer::sum);
      }
    }
    assertEquals(21, seen.size(), seen::toString);
    seen.forEach((name, times) -> assertTrue(times >= 10, name + " " + times));
  }

  /** Bytes of a device, by kind. */
  @Test
  void bytesOfARandomJobAreTheirDefinition() {
    Random random = new Random(20_201_201);
    for (int i = 0; i < 200; i++) {
      Drawn drawn = drawn(random);
      Job job = job(drawn);
      ByHand hand = new ByHand(drawn, job.machine());
      Map<String, Double> bytes = ClosedForms.bytes(job);
      double split = drawn.axis("fsdp") * drawn.axis("tensor") * drawn.axis("pipeline");
      double own = hand.denseWeights + hand.embeddings();
      own += hand.expertWeights / drawn.axis("expert");
      own /= split;
      double token = 2.0 * drawn.width();
      double inside = hand.tokens * (16 * token + 2 * 2.0 * drawn.hidden());
      double layers = drawn.layers() * (hand.tokens * token + (1 - drawn.again()) * inside);
      double layer = hand.denseWeights / drawn.layers();
      if (hand.sparseLayers > 0) {
        layer += hand.expertWeights / hand.sparseLayers / drawn.axis("expert");
      }
      Map<String, Double> expected = new LinkedHashMap<>();
      expected.put("weights, f32", 4 * own);
      expected.put("optimizer's moments, f32", 8 * own);
      expected.put("gradients, f32", 4 * own);
      expected.put(
          "gathered weights of two layers",
          drawn.axis("fsdp") == 1 ? 0 : 2 * 2 * layer / drawn.axis("tensor"));
      expected.put("activations", layers + inside);
      expected.put("logits", hand.tokens * drawn.vocabulary() * 4);
      expected.put(
          "all-to-all buffers",
          drawn.sparse().count() == 0 ? 0 : 2 * hand.tokens * token * hand.rows());
      assertEquals(List.copyOf(expected.keySet()), List.copyOf(bytes.keySet()));
      expected.forEach(
          (name, value) -> assertEquals(value, bytes.getOrDefault(name, -1.0), 1e-9 * value, name));
    }
  }

  /** Links into a chip along the axes that a gather needs, the last side first. */
  @ParameterizedTest
  @CsvSource({
    "v5e:16x16, 4, 1",
    "v5e:16x16, 16, 2",
    "v5e:16x16, 32, 3",
    "v5e:16x16, 64, 3",
    "v5e:16x16, 256, 4",
    "v5e:4x4, 16, 2",
    "v5e:1x16, 16, 2",
  })
  void aGatherUsesBothDirectionsOfAWholeRing(String slice, int members, int links) {
    Machine machine = Machine.parse(slice);
    assertEquals(links * 0.8 * 45e9, machine.gather(members), 1);
  }

  /** NVLink within a node of 8; between nodes the network of each member in the node. */
  @ParameterizedTest
  @CsvSource({"2, 360e9", "8, 360e9", "9, 320e9", "64, 320e9"})
  void aGatherOfGpusLeavesTheNodeThroughItsNetwork(int members, double rate) {
    assertEquals(rate, Machine.parse("h100:64").gather(members), 1);
  }

  /** The load of the busiest link, by sending every pair's part along the shortest way. */
  @ParameterizedTest
  @CsvSource({
    "v5e:16x16, 16, 16, 0, true",
    "v5e:16x16, 8, 8, 0, false",
    "v5e:16x16, 256, 16, 16, true",
    "v5e:4x4, 16, 4, 4, false",
    "v5e:16x16, 64, 16, 4, true",
  })
  void anAllToAllTakesTheTimeOfTheBusiestLinkOfEachAxis(
      String slice, int members, int last, int first, boolean isRing) {
    double bytes = 1e6;
    double seconds = load(last, bytes, isRing) / (0.8 * 45e9);
    if (first > 0) {
      seconds += load(first, bytes, first == 16) / (0.8 * 45e9);
    }
    assertEquals(seconds, Machine.parse(slice).allToAll(members, bytes), 1e-9 * seconds);
  }

  private static double load(int side, double bytes, boolean isRing) {
    double[] forward = new double[side];
    for (int from = 0; from < side; from++) {
      for (int to = from + 1; to < side; to++) {
        double part = bytes / side;
        int way = to - from;
        // Half of an opposite pair's part goes each way round.
        double share = !isRing || 2 * way < side ? 1 : 2 * way == side ? 0.5 : 0;
        for (int link = from; link < to; link++) {
          forward[link] += share * part;
        }
        for (int link = to; link < from + side; link++) {
          // The other way round: this direction carries what goes from to back to from.
          double back = !isRing ? 0 : 2 * way > side ? 1 : 2 * way == side ? 0.5 : 0;
          forward[link % side] += back * part;
        }
      }
    }
    double most = 0;
    for (double each : forward) {
      most = Math.max(most, each);
    }
    return most;
  }
}
