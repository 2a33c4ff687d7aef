package io.github.shardsum.internal.testkit;

import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.ProgramCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Edits of a failing example: the same program on simpler inputs. */
final class InputEdits {
  /** The most elements that are set to 0 one by one. */
  private static final int FEW = 32;

  private InputEdits() {}

  /**
   * The program with one input that is simpler: all 0, all 1, or with one more element set to 0.
   */
  static List<Supplier<ProgramCase>> of(ProgramCase from) {
    List<Supplier<ProgramCase>> simpler = new ArrayList<>();
    for (int i = 0; i < from.inputs().size(); i++) {
      int place = i;
      double[] elements = from.inputs().get(i).toDoubleArray();
      long nonzero = nonzero(elements);
      if (nonzero > 1 || isOtherThan(elements, 1)) {
        simpler.add(() -> with(from, place, filled(elements.length, 0)));
      }
      if (isOtherThan(elements, 1) && nonzero > 1 && nonzero == elements.length) {
        simpler.add(() -> with(from, place, filled(elements.length, 1)));
      }
      if (nonzero > 1 && elements.length <= FEW) {
        for (int at = 0; at < elements.length; at++) {
          if (elements[at] != 0) {
            double[] fewer = elements.clone();
            fewer[at] = 0;
            simpler.add(() -> with(from, place, fewer));
          }
        }
      }
    }
    return simpler;
  }

  private static long nonzero(double[] elements) {
    return Arrays.stream(elements).filter(element -> element != 0).count();
  }

  private static boolean isOtherThan(double[] elements, double value) {
    return Arrays.stream(elements).anyMatch(e -> e != 0 && e != value);
  }

  private static double[] filled(int count, double value) {
    double[] elements = new double[count];
    Arrays.fill(elements, value);
    return elements;
  }

  private static ProgramCase with(ProgramCase from, int place, double[] elements) {
    Tensor old = from.inputs().get(place);
    List<Tensor> inputs = new ArrayList<>(from.inputs());
    inputs.set(place, Tensor.of(elements, old.shape().toArray()).convert(old.dtype()));
    return new ProgramCase(from.program(), inputs);
  }
}
