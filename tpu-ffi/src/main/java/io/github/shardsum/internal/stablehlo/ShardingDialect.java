package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.ValueType;
import java.util.List;

/** A form in which layouts over a mesh are written. */
interface ShardingDialect {
  /** Lines before the function. */
  List<String> header();

  /** The attribute of an argument or result with a layout; empty without a layout. */
  String attribute(Term layout);

  /** Gives a value the layout of an annotation. */
  Ssa constrain(StableHloOps ops, Ssa x, ValueType type, Annotation annotation);

  /** The shardings of one device, which are empty. */
  static ShardingDialect none() {
    return new ShardingDialect() {
      @Override
      public List<String> header() {
        return List.of();
      }

      @Override
      public String attribute(Term layout) {
        return "";
      }

      @Override
      public Ssa constrain(StableHloOps ops, Ssa x, ValueType type, Annotation annotation) {
        return x;
      }
    };
  }
}
