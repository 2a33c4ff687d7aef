package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.MoeSizes;
import java.util.List;
import java.util.stream.Stream;

/** The einsums of the layer, in the order of the paper's algorithm 2. */
enum LayerStep {
  /** Router logits. */
  GATES("GSM,ME->GSE", "logits", Kind.DENSE),
  /** Each token's row goes to the slots that its experts gave it. */
  DISPATCH("GSEC,GSM->EGCM", "dispatched", Kind.GATHER),
  /** The experts' first layer; relu is fused. */
  HIDDEN("EGCM,EMH->EGCH", "h", Kind.DENSE),
  /** The experts' second layer. */
  EXPERT_OUTPUTS("EGCH,EHM->GECM", "expert_outputs", Kind.DENSE),
  /** Each token's rows come back, weighted, and are summed. */
  COMBINE("GSEC,GECM->GSM", "outputs", Kind.WEIGHTED_SUM);

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
  private final String value;
  private final Kind kind;

  LayerStep(String equation, String value, Kind kind) {
    this.equation = equation;
    this.value = value;
    this.kind = kind;
  }

  /** The paper's equation; letters as in {@link MoeSizes}. */
  String equation() {
    return equation;
  }

  /** The name of the result in the layer's program. */
  String value() {
    return value;
  }

  Kind kind() {
    return kind;
  }

  /** The letters of the operands. */
  List<String> operands() {
    return List.of(equation.substring(0, equation.indexOf('-')).split(",", -1));
  }

  /** The letters of the result. */
  String result() {
    return equation.substring(equation.indexOf('>') + 1);
  }

  /** FLOPs of the literal dense einsum, a multiply-add being two. */
  double denseFlops(MoeSizes sizes) {
    return String.join("", operands())
        .chars()
        .distinct()
        .mapToObj(Character::toString)
        .mapToDouble(letter -> sizes.shape(letter).elementCount())
        .reduce(2, (a, b) -> a * b);
  }

  /** FLOPs that are done; slots that no token took are computed too. */
  double flops(MoeSizes sizes, long routedRows) {
    return switch (kind) {
      case DENSE -> denseFlops(sizes);
      case GATHER -> 0;
      case WEIGHTED_SUM -> 2.0 * routedRows * sizes.model();
    };
  }

  /** Elements that have to be read and written at least, each once. */
  double elementsMoved(MoeSizes sizes, long routedRows) {
    double written = sizes.shape(result()).elementCount();
    double read =
        switch (kind) {
          case DENSE ->
              Stream.of(operands().get(0), operands().get(1))
                  .mapToDouble(term -> sizes.shape(term).elementCount())
                  .sum();
          case GATHER, WEIGHTED_SUM -> (double) routedRows * sizes.model();
        };
    return read + written;
  }
}
