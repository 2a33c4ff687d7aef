package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.Source;
import io.github.shardsum.program.ValueType;
import java.util.List;

/** Emits operations that make a value, possibly from its indices. */
final class SourceEmitter {
  private final StableHloOps ops;
  private final ConversionEmitter conversions;
  private final PhiloxEmitter philox;

  SourceEmitter(StableHloOps ops, ConversionEmitter conversions, PhiloxEmitter philox) {
    this.ops = ops;
    this.conversions = conversions;
    this.philox = philox;
  }

  Ssa emit(Source operation, List<Ssa> operands) {
    return switch (operation) {
      case Source.Constant constant -> {
        StableHloType type = StableHloType.of(constant.type());
        yield ops.constant(type, Literals.of(type.element(), constant.value()));
      }
      case Source.Iota(ValueType type, String label) ->
          conversions.convert(
              ops.iota(StableHloType.of(type).with(StableHloElementType.I64), type.axis(label)),
              StableHloElementType.of(type.dtype()));
      case Source.Random random -> random(random, operands.getFirst());
    };
  }

  private Ssa random(Source.Random random, Ssa seed) {
    StableHloType type = StableHloType.of(random.type());
    StableHloType index = type.with(StableHloElementType.I64);
    return philox.uniform(
        ops.broadcast(seed, List.of(), index), rowMajor(index), random.stream(), type.element());
  }

  /**
   * The row-major index as a sum along dimensions, which is also correct if a dimension is split.
   */
  private Ssa rowMajor(StableHloType type) {
    Ssa index = ops.constant(type, 0);
    long stride = 1;
    for (int dimension = type.rank() - 1; dimension >= 0; dimension--) {
      Ssa along =
          ops.elementwise("multiply", ops.iota(type, dimension), ops.constant(type, stride));
      index = ops.elementwise("add", index, along);
      stride *= type.sizes().get(dimension);
    }
    return index;
  }
}
