package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.reshard.LayoutBlocks;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * The layouts in which a value of a program exists while its plan is written, and their numbers.
 */
final class HeldLayouts {
  private final Value value;
  private final List<Layout> layouts = new ArrayList<>();
  private final List<Integer> numbers = new ArrayList<>();

  /** Blocks of the layouts, computed when they are first needed. */
  private final List<LayoutBlocks> blocks = new ArrayList<>();

  HeldLayouts(Value value, Layout layout, int number) {
    this.value = value;
    add(layout, number);
  }

  /** The program's value. The plan's values have its name. */
  Value value() {
    return value;
  }

  List<Layout> layouts() {
    return layouts;
  }

  int number(int place) {
    return numbers.get(place);
  }

  /**
   * The number of elements that the busiest device must receive at least, from the existing layout
   * for which this number is smallest.
   */
  long lacking(LayoutBlocks to) {
    while (blocks.size() < layouts.size()) {
      blocks.add(new LayoutBlocks(layouts.get(blocks.size()), value.type().shape()));
    }
    return blocks.stream().mapToLong(to::lacking).min().orElse(0);
  }

  void add(Layout layout, int number) {
    layouts.add(layout);
    numbers.add(number);
  }

  /** The place of a layout, or -1. */
  int place(Layout layout) {
    for (int place = 0; place < layouts.size(); place++) {
      if (layouts.get(place).isEquivalent(layout)) {
        return place;
      }
    }
    return -1;
  }

  HeldLayouts copy() {
    HeldLayouts copy = new HeldLayouts(value, layouts.getFirst(), numbers.getFirst());
    for (int place = 1; place < layouts.size(); place++) {
      copy.add(layouts.get(place), numbers.get(place));
    }
    return copy;
  }

  /** The same value in only one layout. */
  HeldLayouts only(Layout layout, int number) {
    return new HeldLayouts(value, layout, number);
  }
}
