package io.github.shardsum.moe;

import java.util.List;
import java.util.stream.Stream;

/** The einsums of the layer, in the order of the paper's algorithm 2. */
public enum MoeStep {
  /** Router logits. */
  GATES("GSM,ME->GSE", Kind.DENSE),
  /** Each token's row goes to the slots that its experts gave it. */
  DISPATCH("GSEC,GSM->EGCM", Kind.GATHER),
  /** The experts' first layer; relu is fused. */
  HIDDEN("EGCM,EMH->EGCH", Kind.DENSE),
  /** The experts' second layer. */
  EXPERT_OUTPUTS("EGCH,EHM->GECM", Kind.DENSE),
  /** Each token's rows come back, weighted, and are summed. */
  COMBINE("GSEC,GECM->GSM", Kind.WEIGHTED_SUM);

  /** What an einsum amounts to. */
  public enum Kind {
    /** A matrix product. */
    DENSE,
    /** Rows copied to their slots, the rest zeroed: no arithmetic. */
    GATHER,
    /** One multiply-add for each element of each row that is routed. */
    WEIGHTED_SUM
  }

  private final String equation;
  private final Kind kind;

  MoeStep(String equation, Kind kind) {
    this.equation = equation;
    this.kind = kind;
  }

  /**
   * The paper's equation.
   *
   * @return letters as in {@link MoeSizes}
   */
  public String equation() {
    return equation;
  }

  /**
   * What the einsum amounts to, its routing operand being structured.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The letters of the operands.
   *
   * @return two terms
   */
  public List<String> operands() {
    return List.of(equation.substring(0, equation.indexOf('-')).split(",", -1));
  }

  /**
   * The letters of the result.
   *
   * @return a term
   */
  public String result() {
    return equation.substring(equation.indexOf('>') + 1);
  }

  /**
   * FLOPs of the literal dense einsum, a multiply-add being two.
   *
   * @param sizes the layer's sizes
   * @return 2 times the product of the sizes of all letters
   */
  public double denseFlops(MoeSizes sizes) {
    return String.join("", operands())
        .chars()
        .distinct()
        .mapToObj(Character::toString)
        .mapToDouble(letter -> sizes.shape(letter).elementCount())
        .reduce(2, (a, b) -> a * b);
  }

  /**
   * FLOPs that are done, a multiply-add being two; slots that no token took are computed too.
   *
   * @param sizes the layer's sizes
   * @param routedRows rows that move to experts and back
   * @return the count
   */
  public double flops(MoeSizes sizes, long routedRows) {
    return switch (kind) {
      case DENSE -> denseFlops(sizes);
      case GATHER -> 0;
      case WEIGHTED_SUM -> 2.0 * routedRows * sizes.model();
    };
  }

  /**
   * Elements that have to be read and written at least, each once.
   *
   * @param sizes the layer's sizes
   * @param routedRows rows that move to experts and back
   * @return the count
   */
  public double elementsMoved(MoeSizes sizes, long routedRows) {
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
