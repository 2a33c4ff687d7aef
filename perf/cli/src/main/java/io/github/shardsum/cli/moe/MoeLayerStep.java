package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.MoeSizes;
import java.util.List;

/** The steps of the layer, without its route. */
enum MoeLayerStep {
  /** Router logits. */
  GATES("GSM,ME->GSE", "logits"),
  /**
   * One expert at a time: the rows of its tokens are gathered, and its products are computed with
   * the activation between them. Then the rows of each token are weighted and summed.
   */
  EXPERTS("GSM,EMH,EHM->GSM", "outputs");

  private final String equation;
  private final String value;

  MoeLayerStep(String equation, String value) {
    this.equation = equation;
    this.value = value;
  }

  /** The labels of operands and result; letters as in {@link MoeSizes}. */
  String equation(MoeLayerForm form) {
    boolean second = form.gated() && this == EXPERTS;
    return second ? equation.replace("EMH,", "EMH,EMH,") : equation;
  }

  /** Whether a step of the layer's program is this one. */
  boolean isMadeBy(List<String> results) {
    return results.contains(value);
  }

  /** The letters of the operands. */
  List<String> operands(MoeLayerForm form) {
    String own = equation(form);
    return List.of(own.substring(0, own.indexOf('-')).split(",", -1));
  }

  /** The letters of the result. */
  String result(MoeLayerForm form) {
    return equation(form).substring(equation(form).indexOf('>') + 1);
  }

  /** FLOPs that are done: only routed rows count. */
  double flops(MoeLayerForm form, long routedRows) {
    MoeSizes sizes = form.sizes();
    double width = sizes.model();
    return switch (this) {
      case GATES -> 2.0 * sizes.groups() * sizes.tokens() * width * sizes.experts();
      case EXPERTS -> 2 * width * routedRows * (sizes.hidden() * (form.gated() ? 3.0 : 2.0) + 1);
    };
  }

  /** FLOPs of the einsums of algorithm 2, over every slot and every pair of a token and a slot. */
  double denseFlops(MoeLayerForm form) {
    MoeSizes sizes = form.sizes();
    double products = 2.0 * sizes.hidden() * (form.gated() ? 3 : 2);
    return switch (this) {
      case GATES -> flops(form, 0);
      case EXPERTS -> 2 * literalFlops(form) + products * form.shape("GECM").elementCount();
    };
  }

  /** FLOPs of the einsums of algorithm 2 that copy rows to experts, or sum them on the way back. */
  static double literalFlops(MoeLayerForm form) {
    return 2.0 * form.shape("GSECM").elementCount();
  }

  /** The least number of elements that must be read and written, each counted once. */
  double elementsMoved(MoeLayerForm form) {
    return form.shape(result(form)).elementCount()
        + operands(form).stream().mapToDouble(term -> form.shape(term).elementCount()).sum();
  }
}
