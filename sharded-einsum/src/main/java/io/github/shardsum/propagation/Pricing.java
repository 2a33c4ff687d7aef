package io.github.shardsum.propagation;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.ValueType;

/**
 * Prices the reshard of a value from one layout to another; propagation decides conflicts by this
 * price.
 */
@FunctionalInterface
public interface Pricing {
  /**
   * A price.
   *
   * @param cost the number by which prices are compared, in one unit for all prices
   * @param text the price for a reader: collectives, bytes or elements, time
   */
  record Price(double cost, String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * The price of a reshard.
   *
   * @param from the layout that the value has
   * @param to the target layout, of the same mesh and labels
   * @param type the value's type
   * @return the price; 0 for the same layout
   */
  Price price(Layout from, Layout to, ValueType type);

  /**
   * Prices by the elements that the largest device must receive.
   *
   * @return prices in elements, computed without a search for collectives
   */
  static Pricing elements() {
    return (from, to, type) -> {
      long wanted = to.largestShape(type.shape()).elementCount();
      long held = 1;
      for (int dim = 0; dim < type.rank(); dim++) {
        boolean kept = to.axes(dim).equals(from.axes(dim)) || from.axes(dim).isEmpty();
        long size = to.cut(dim, type.shape().size(dim)).longest();
        long has = from.cut(dim, type.shape().size(dim)).longest();
        held *=
            kept
                ? size
                : Math.min(size, Math.ceilDiv(has * size, Math.max(1, type.shape().size(dim))));
      }
      long lacks = Math.max(0, wanted - held);
      return new Price(lacks, lacks + " elements");
    };
  }
}
