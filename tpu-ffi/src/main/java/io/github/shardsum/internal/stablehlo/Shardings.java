package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.ValueType;
import java.util.List;

/** How layouts over a mesh are written. */
interface Shardings {
  /** Lines before the function. */
  List<String> header();

  /** The attribute of an argument or result of a layout; empty for none. */
  String attribute(Term layout);

  /** A value whose layout an annotation gives. */
  Ssa constrain(Ops ops, Ssa x, ValueType type, Annotation annotation);

  /** The shardings of one device, which are empty. */
  static Shardings none() {
    return new Shardings() {
      @Override
      public List<String> header() {
        return List.of();
      }

      @Override
      public String attribute(Term layout) {
        return "";
      }

      @Override
      public Ssa constrain(Ops ops, Ssa x, ValueType type, Annotation annotation) {
        return x;
      }
    };
  }
}
