package io.github.shardsum.program;

import java.util.List;

/**
 * Builder methods of {@link Movement} operations. Public for languages that call by reflection; a
 * program names the builder.
 */
public sealed interface MovementMethods permits ProgramBuilder {
  /**
   * See {@link ProgramBuilder#add(Operation)}.
   *
   * @param operation the operation
   * @return its results
   */
  List<Value> add(Operation operation);

  /**
   * Part of a label.
   *
   * @param x what is cut
   * @param label along which
   * @param from the first index
   * @param to one past the last
   * @return the result
   * @see Movement.Slice
   */
  default Value slice(Value x, String label, long from, long to) {
    return slice(x, label, from, to, 1);
  }

  /**
   * Every step-th element of part of a label.
   *
   * @param x what is cut
   * @param label along which
   * @param from the first index
   * @param to one past the last
   * @param step distance of the elements that stay
   * @return the result
   * @see Movement.Slice
   */
  default Value slice(Value x, String label, long from, long to, long step) {
    return add(new Movement.Slice(x, label, from, to, step)).getFirst();
  }

  /**
   * A label made longer at both ends.
   *
   * @param x what is padded
   * @param label along which
   * @param low elements before the first
   * @param high elements after the last
   * @param fill their value
   * @return the result
   * @see Movement.Pad
   */
  default Value pad(Value x, String label, long low, long high, double fill) {
    return pad(x, label, low, high, 0, fill);
  }

  /**
   * A label made longer at both ends and between its elements.
   *
   * @param x what is padded
   * @param label along which
   * @param low elements before the first
   * @param high elements after the last
   * @param interior elements between two neighbours
   * @param fill their value
   * @return the result
   * @see Movement.Pad
   */
  default Value pad(Value x, String label, long low, long high, long interior, double fill) {
    Scalar value = Scalar.of(x.type().dtype(), fill);
    return add(new Movement.Pad(x, label, low, high, interior, value)).getFirst();
  }

  /**
   * Values one after the other.
   *
   * @param label along which
   * @param parts the values
   * @return the result
   * @see Movement.Concatenate
   */
  default Value concatenate(String label, Value... parts) {
    return add(new Movement.Concatenate(List.of(parts), label)).getFirst();
  }

  /**
   * Elements moved along a label.
   *
   * @param x what is moved
   * @param label along which
   * @param by the distance
   * @param fill value of what comes in
   * @return the result
   * @see Movement.Shift
   */
  default Value shift(Value x, String label, long by, double fill) {
    return add(new Movement.Shift(x, label, by, Scalar.of(x.type().dtype(), fill))).getFirst();
  }

  /**
   * Windows that slide along a label by one.
   *
   * @param x what is looked at
   * @param label along which
   * @param window the window's label
   * @param size its size
   * @return the result
   * @see Movement.Window
   */
  default Value window(Value x, String label, String window, long size) {
    return window(x, label, window, size, 1, 1);
  }

  /**
   * Windows that slide along a label.
   *
   * @param x what is looked at
   * @param label along which
   * @param window the window's label
   * @param size its size
   * @param stride distance between windows
   * @param dilation distance between a window's elements
   * @return the result
   * @see Movement.Window
   */
  default Value window(
      Value x, String label, String window, long size, long stride, long dilation) {
    return add(new Movement.Window(x, label, window, size, stride, dilation)).getFirst();
  }

  /**
   * A label split into two.
   *
   * @param x what is reshaped
   * @param label which label
   * @param outer name of the outer part
   * @param outerSize its size
   * @param inner name of the inner part
   * @return the result
   * @see Movement.Split
   */
  default Value split(Value x, String label, String outer, long outerSize, String inner) {
    long size = x.type().size(label);
    long rest = outerSize == 0 ? 0 : size / outerSize;
    return add(new Movement.Split(x, label, List.of(outer, inner), List.of(outerSize, rest)))
        .getFirst();
  }

  /**
   * Neighbouring labels merged into one.
   *
   * @param x what is reshaped
   * @param into name of the merged label
   * @param labels the neighbours
   * @return the result
   * @see Movement.Merge
   */
  default Value merge(Value x, String into, String... labels) {
    return add(new Movement.Merge(x, List.of(labels), into)).getFirst();
  }
}
