package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Architecture.Experts;
import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.cli.simulate.Prediction.Term;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A formula for each part of a step; docs/simulate.md has them with their reasons. */
public final class ClosedForms {
  private final AssumptionValues constants;

  public ClosedForms() {
    this(AssumptionValues.USUAL);
  }

  public ClosedForms(AssumptionValues constants) {
    this.constants = constants;
  }

  /**
   * Predicts a step.
   *
   * @param eta attainable share of peak of large products
   */
  public Prediction predict(Job job, double eta) {
    return new Step(job, eta, constants).prediction();
  }

  /**
   * A prediction from given terms: adds the spread of slices, the pipeline and the host.
   *
   * @param inside all other terms
   * @param bytes the bytes of a device by kind
   */
  static Prediction completed(
      Job job,
      double eta,
      AssumptionValues constants,
      List<Term> inside,
      Map<String, Double> bytes) {
    return new Step(job, eta, constants).completed(inside, bytes);
  }

  /** Bytes of a device by kind, without fragmentation. */
  static Map<String, Double> bytes(Job job) {
    Architecture model = job.model();
    AxisSizes layout = job.layout();
    double split = layout.fsdp() * layout.tensor() * (double) layout.pipeline();
    double own =
        (model.linearWeights() + model.embeddingWeights()) / split
            + model.allExpertWeights() / (split * layout.expert());
    double tokens = job.tokensPerDevice();
    double layerWeights =
        (double) model.linearWeights() / model.layers() / layout.tensor()
            + (model.sparseLayers() == 0
                ? 0
                : (double) model.allExpertWeights()
                    / model.sparseLayers()
                    / layout.expert()
                    / layout.tensor());
    Map<String, Double> bytes = new LinkedHashMap<>();
    bytes.put("weights, f32", 4 * own);
    bytes.put("optimizer's moments, f32", job.momentBytes() * own);
    bytes.put("gradients, f32", 4 * own);
    bytes.put("gathered weights of two layers", layout.fsdp() > 1 ? 2 * 2 * layerWeights : 0);
    double kept = tokens * model.width() * 2;
    double inside = 16 * kept + tokens * 2 * 2 * model.feedForward();
    bytes.put("activations", model.layers() * (kept + (1 - job.rematerialise()) * inside) + inside);
    bytes.put("logits", tokens * model.outputVocabulary() * 4);
    bytes.put(
        "all-to-all buffers", model.experts().map(each -> 2 * kept * each.rows()).orElse(0.0));
    return bytes;
  }

  /** The terms of one job. */
  private static final class Step {
    private final Job job;
    private final AssumptionValues constants;
    private final Architecture model;
    private final AxisSizes layout;
    private final Machine machine;
    private final List<Term> terms = new ArrayList<>();
    private final double passes;
    private final double tokens;
    private final double rate;
    private final double halfRate;
    private final double linear;

    Step(Job job, double eta, AssumptionValues constants) {
      this.job = job;
      this.constants = constants;
      model = job.model();
      layout = job.layout();
      machine = job.machine();
      passes = 3 + job.rematerialise();
      tokens = job.tokensPerDevice();
      rate = eta * machine.peak(job.precision());
      halfRate = eta * machine.peak(Precision.BF16);
      linear = tokens * 2 * model.filledLinearWeights(unit()) * passes / rate;
    }

    Prediction prediction() {
      products();
      model.experts().filter(each -> model.sparseLayers() > 0).ifPresent(this::sparse);
      memoryBound();
      double layers = total() - logits();
      double compute = total();
      weights(compute);
      tensor();
      slices();
      spread();
      pipeline(layers);
      host();
      return new Prediction(job, List.copyOf(terms), bytes(job));
    }

    Prediction completed(List<Term> inside, Map<String, Double> bytes) {
      terms.addAll(inside);
      double layers =
          inside.stream()
              .filter(each -> each.kind() == Kind.COMPUTE && !each.name().equals("logits"))
              .mapToDouble(Term::exposed)
              .sum();
      spread();
      pipeline(layers);
      host();
      return new Prediction(job, List.copyOf(terms), bytes);
    }

    private double total() {
      return terms.stream().mapToDouble(Term::exposed).sum();
    }

    private void compute(String name, double seconds) {
      add(name, Kind.COMPUTE, seconds, seconds);
    }

    private void add(String name, Kind kind, double seconds, double exposed) {
      if (seconds > 0) {
        terms.add(new Term(name, kind, seconds, exposed));
      }
    }

    private double logits() {
      double width = model.width() * Architecture.filling(model.width(), unit());
      return 3 * tokens * 2 * model.outputVocabulary() * width / halfRate;
    }

    private int unit() {
      return machine.family().unit();
    }

    private void products() {
      compute("projections and dense layers", linear);
      compute("logits", logits());
      double narrow = Math.min(1, model.attention().queryWidth() / 128.0);
      double peak = constants.of(Assumption.ATTENTION) * narrow * machine.peak(Precision.BF16);
      double forward = tokens * model.attentionFlops(job.sequence()) / peak;
      // The backward pass has five products for the forward pass's two, since it computes the
      // scores again.
      compute("attention", forward * (1 + 2.5 + job.rematerialise()));
    }

    private void sparse(Experts experts) {
      double rows = tokens * experts.rows();
      double weights = model.expertWeights() * model.expertFilling(unit());
      double flops = 2 * model.sparseLayers() * rows * weights;
      double perExpert = rows * layout.expert() / experts.count();
      double empty = constants.of(Assumption.EMPTY_ROWS);
      double padded = 1 + empty / Math.max(perExpert, 1);
      double most = experts.dropless() ? job.imbalance() : 1;
      compute("experts", most * flops * passes * Math.min(padded, 1 + empty) / rate);
      dispatch(experts, rows * most);
      exchange(experts, most);
    }

    private void dispatch(Experts experts, double rows) {
      int layers = model.sparseLayers();
      if (experts.einsum()) {
        double slots = experts.rows() * experts.groupTokens();
        compute(
            "dispatch and combine",
            layers * tokens * 2 * (2 * slots * model.width()) * passes / halfRate
                + layers * tokens * slots * 2 * 4 / machine.bandwidth());
        double scan = 2 * Math.log(experts.groupTokens()) / Math.log(2);
        compute(
            "positions in experts",
            layers * tokens * experts.count() * 4 * scan / machine.bandwidth());
      } else {
        double bytes = layers * rows * model.width() * 2 * 6 * passes;
        compute(
            "dispatch and combine",
            bytes / (constants.of(Assumption.INDEXED) * machine.bandwidth()));
      }
    }

    /** All-to-all forward and back, in both passes. */
    private void exchange(Experts experts, double most) {
      if (layout.expert() == 1) {
        return;
      }
      double bytes = tokens * experts.rows() * model.width() * 2;
      double once = machine.allToAll(layout.expert(), bytes);
      int nodes = Math.ceilDiv(layout.expert(), machine.family().domain());
      if (machine.family().gpu() && nodes > 1) {
        double copies = nodes * (1 - Math.pow(1 - 1.0 / nodes, experts.topK()));
        double sent = tokens * model.width() * 2 * Math.min(copies, experts.rows());
        once = sent * (nodes - 1) / nodes / machine.network();
      }
      double seconds = most * model.sparseLayers() * once * (4 + 2 * job.rematerialise());
      double least = constants.of(Assumption.EXPOSED_EXCHANGE) * seconds;
      double hidden = job.overlap() ? Math.max(least, seconds - total()) : seconds;
      add("all-to-all of experts", Kind.COLLECTIVE, seconds, hidden);
    }

    private void memoryBound() {
      long heads = 6L * model.attention().heads() * model.attention().valueWidth();
      double hidden = 2.0 * model.denseLayers() * model.feedForward();
      double values = model.layers() * (16.0 * model.width() + heads) + hidden;
      double chosen =
          model
              .experts()
              .map(
                  each -> 3.0 * model.sparseLayers() * (each.rows() * each.width() + each.shared()))
              .orElse(0.0);
      compute("elementwise", tokens * 2 * passes * (values + chosen) / machine.bandwidth());
      double shards = layout.fsdp() * (double) layout.tensor() * layout.pipeline();
      if (machine.family().gpu()) {
        shards *= layout.data() * (double) layout.context(); // a distributed optimizer
      }
      double own = dense() / shards + model.allExpertWeights() / (shards * layout.expert());
      compute("optimizer", own * (12 + 2 * job.momentBytes()) / machine.bandwidth());
      if (machine.family().gpu() && layout.microbatches() > 1) {
        double split = layout.tensor() * (double) layout.pipeline();
        double kept = dense() / split + model.allExpertWeights() / (split * layout.expert());
        double read = kept * 12 * layout.microbatches() / machine.bandwidth();
        compute("weights read again", read);
      }
    }

    private double dense() {
      return (double) model.linearWeights() + model.embeddingWeights();
    }

    /** Weights gathered over fsdp, gradients reduced over data and expert axes. */
    private void weights(double compute) {
      double split = layout.tensor() * (double) layout.pipeline();
      double experts = model.allExpertWeights() / (split * layout.expert());
      boolean bound = model.experts().filter(Experts::dropless).isPresent();
      if (layout.fsdp() > 1) {
        double speed = machine.gather(layout.fsdp());
        double share = (layout.fsdp() - 1.0) / layout.fsdp();
        gather("weights over fsdp", share * 6 * dense() / split / speed, compute);
        double seconds = share * 6 * experts / speed;
        if (bound) {
          add("experts' weights over fsdp", Kind.COLLECTIVE, seconds, seconds);
        } else {
          gather("experts' weights over fsdp", seconds, compute);
        }
      }
      long inside = Math.max(1, layout.data() / machine.slices());
      long copies = inside * layout.expert() * layout.context();
      if (copies > 1) {
        double bytes = 6 * dense() / (split * layout.fsdp()) * (copies - 1) / copies;
        gather("gradients over data", bytes / machine.gather(copies), compute);
      }
      if (inside > 1 && experts > 0) {
        double bytes = 6 * experts / layout.fsdp() * (inside - 1) / inside;
        gather("experts' gradients over data", bytes / machine.gather(inside * 16), compute);
      }
    }

    private void gather(String name, double seconds, double compute) {
      double exposed =
          Math.max(seconds - compute, constants.of(Assumption.EXPOSED_GATHER) * seconds);
      add(name, Kind.COLLECTIVE, seconds, exposed);
    }

    private void tensor() {
      if (layout.tensor() == 1) {
        return;
      }
      double share = (layout.tensor() - 1.0) / layout.tensor();
      double bytes = 8 * model.layers() * tokens * layout.tensor() * model.width() * 2 * share;
      double seconds = bytes / machine.gather(layout.tensor());
      double exposed =
          Math.max(constants.of(Assumption.EXPOSED_TENSOR) * seconds, seconds - 0.5 * linear);
      add("activations over tensor", Kind.COLLECTIVE, seconds, exposed);
    }

    private void slices() {
      int slices = machine.slices();
      if (slices == 1) {
        return;
      }
      double split = layout.fsdp() * (double) layout.tensor() * layout.pipeline();
      double own = dense() / split + model.allExpertWeights() / (split * layout.expert());
      double seconds = own * 4 * 2 * (slices - 1) / slices / machine.network();
      add("gradients between slices", Kind.COLLECTIVE, seconds, seconds);
    }

    private void spread() {
      int slices = machine.slices();
      if (slices == 1) {
        return;
      }
      double spread =
          constants.of(Assumption.SLICE_SPREAD) * Math.log(slices) / Math.log(2) * total();
      add("spread of slices", Kind.OTHER, spread, spread);
    }

    private void pipeline(double layers) {
      int stages = layout.pipeline();
      if (stages == 1) {
        return;
      }
      double most = (double) Math.ceilDiv(model.layers(), stages) * stages / model.layers();
      double last = (most - (double) stages / model.layers()) * layers + stages * logits();
      double busiest = Math.max(most * layers, last) - layers - logits();
      add("busiest stage", Kind.OTHER, Math.max(0, busiest), Math.max(0, busiest));
      double slots = (double) Math.max(1, layout.microbatches()) * layout.virtualStages();
      double bubble = (stages - 1) / slots * total();
      add("bubble of the pipeline", Kind.OTHER, bubble, bubble);
      double bytes = 2.0 * layout.virtualStages() * tokens * stages * model.width() * 2;
      double sent = bytes / machine.network();
      add(
          "activations between stages",
          Kind.COLLECTIVE,
          sent,
          constants.of(Assumption.EXPOSED_GATHER) * sent);
    }

    private void host() {
      if (job.compiled()) {
        return;
      }
      double sparse = model.sparseLayers() * constants.of(Assumption.LAUNCH);
      double launches = sparse + model.denseLayers() * constants.of(Assumption.LAUNCH) / 3;
      double host = launches / layout.pipeline() * Math.max(1, layout.microbatches());
      double waits = Math.max(0, host - total());
      add("launches by the host", Kind.OTHER, waits, waits);
    }
  }
}
