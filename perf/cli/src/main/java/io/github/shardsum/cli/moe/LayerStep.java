package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.MoeSizes;
import java.util.List;

/** The einsums of the layer, in the order of the paper's algorithm 2, in slots and in rows. */
enum LayerStep {
  /** Router logits. */
  GATES("GSM,ME->GSE", "GSM,ME->GSE", "logits", Kind.DENSE),
  /** Each token's row goes to the slots that its experts gave it. */
  DISPATCH("GSEC,GSM->EGCM", "GSKR,GSM->RM", "dispatched", Kind.GATHER),
  /** The experts' first layer with its activation, of which relu is fused. */
  HIDDEN("EGCM,EMH->EGCH", "RM,EMH->RH", "h", Kind.DENSE),
  /** The experts' second layer. */
  EXPERT_OUTPUTS("EGCH,EHM->GECM", "RH,EHM->RM", "expert_outputs", Kind.DENSE),
  /** Each token's rows come back, weighted, and are summed. */
  COMBINE("GSEC,GECM->GSM", "GSR,RM->GSM", "outputs", Kind.WEIGHTED_SUM);

  /** What an einsum amounts to. */
  enum Kind {
    /** A matrix product. */
    DENSE,
    /** Rows copied to their slots, the rest zeroed: no arithmetic. */
    GATHER,
    /** One multiply-add for each element of each row that is routed. */
    WEIGHTED_SUM
  }

  private final String equation;
  private final String ragged;
  private final String value;
  private final Kind kind;

  LayerStep(String equation, String ragged, String value, Kind kind) {
    this.equation = equation;
    this.ragged = ragged;
    this.value = value;
    this.kind = kind;
  }

  /** The paper's equation; letters as in {@link MoeSizes}. */
  String equation() {
    return equation;
  }

  /** The equation of a form; a product over rows takes the matrix of each row's expert. */
  String equation(LayerForm form) {
    return form.ragged() ? ragged : equation;
  }

  /** Whether a step of the layer's program is this one, or what its activation is of. */
  boolean isMadeBy(List<String> results) {
    return results.contains(value) || (this == HIDDEN && results.contains("z"));
  }

  Kind kind() {
    return kind;
  }

  /** The letters of the operands. */
  List<String> operands(LayerForm form) {
    String own = equation(form);
    return List.of(own.substring(0, own.indexOf('-')).split(",", -1));
  }

  /** The letters of the result. */
  String result(LayerForm form) {
    return equation(form).substring(equation(form).indexOf('>') + 1);
  }

  /** FLOPs of the literal dense einsum, a multiply-add being two. */
  double denseFlops(LayerForm form) {
    return String.join("", operands(form))
        .chars()
        .distinct()
        .mapToObj(Character::toString)
        .mapToDouble(letter -> form.shape(letter).elementCount())
        .reduce(2, (a, b) -> a * b);
  }

  /** FLOPs that are done; slots that no token took are computed too, rows that none has are not. */
  double flops(LayerForm form, long routedRows) {
    double width = form.sizes().model();
    return switch (kind) {
      case DENSE ->
          form.ragged() && this != GATES
              ? 2 * width * form.sizes().hidden() * routedRows
              : denseFlops(form);
      case GATHER -> 0;
      case WEIGHTED_SUM -> 2 * width * routedRows;
    };
  }

  /** Elements that have to be read and written at least, each once. */
  double elementsMoved(LayerForm form, long routedRows) {
    double rows = (double) routedRows * form.sizes().model();
    double written =
        form.ragged() && kind == Kind.GATHER ? rows : form.shape(result(form)).elementCount();
    double read =
        switch (kind) {
          case DENSE ->
              operands(form).stream().mapToDouble(term -> form.shape(term).elementCount()).sum();
          case GATHER, WEIGHTED_SUM -> rows;
        };
    return read + written;
  }
}
