package io.github.shardsum.internal.program.types;

import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Types of the operations that hold a program. */
final class NestedTypes {
  private NestedTypes() {}

  static List<ValueType> infer(Nested nested) {
    return switch (nested) {
      case Scan scan -> scan(scan);
      case Composite composite -> composite(composite);
      case Manual manual -> ManualTypes.infer(manual);
    };
  }

  private static List<ValueType> scan(Scan scan) {
    List<Value> inputs = scan.body().inputs();
    List<Value> outputs = scan.body().outputs();
    int carried = scan.carried().size();
    check(scan, scan.count() >= 0, "count must be at least 0, got " + scan.count());
    checkBody(scan);
    for (int i = 0; i < inputs.size(); i++) {
      Value operand = scan.operands().get(i);
      boolean sequence = i >= carried && i < carried + scan.sequences().size();
      ValueType expected =
          sequence ? stacked(scan, inputs.get(i).type()) : inputs.get(i).type().withoutLayout();
      same(scan, operand, expected, "the body's input " + inputs.get(i));
    }
    List<ValueType> results = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      ValueType type = outputs.get(i).type().withoutLayout();
      if (i < carried) {
        same(scan, scan.carried().get(i), type, "the body's output " + outputs.get(i));
      }
      results.add(i < carried ? type : stacked(scan, type));
    }
    check(scan, !results.isEmpty(), "body must have an output");
    return List.copyOf(results);
  }

  private static void checkBody(Scan scan) {
    Program body = scan.body();
    int operands = scan.operands().size();
    int carried = scan.carried().size();
    if (body.inputs().size() != operands || body.outputs().size() < carried) {
      throw ProgramException.of(
          scan,
          String.format(
              Locale.ROOT,
              "body must have %d inputs, one for each operand, and at least %d outputs, one for each carried value; got inputs %s and outputs %s",
              operands,
              carried,
              body.inputs(),
              body.outputs()));
    }
  }

  private static ValueType stacked(Scan scan, ValueType type) {
    List<String> names = new ArrayList<>(type.names());
    List<Long> sizes = new ArrayList<>(type.sizes());
    names.addFirst(scan.label());
    sizes.addFirst(scan.count());
    return LabelTypes.of(scan, type.dtype(), names, sizes);
  }

  private static List<ValueType> composite(Composite composite) {
    List<Value> inputs = composite.decomposition().inputs();
    check(
        composite,
        inputs.size() == composite.operands().size(),
        "operands must be one for each input of the decomposition");
    check(
        composite,
        Value.isName(composite.name()),
        "name must have letters, digits, _ and ., got \"" + composite.name() + "\"");
    checkKeys(composite);
    for (int i = 0; i < inputs.size(); i++) {
      ValueType expected = inputs.get(i).type().withoutLayout();
      same(composite, composite.operands().get(i), expected, "the input " + inputs.get(i));
    }
    List<Value> outputs = composite.decomposition().outputs();
    check(composite, !outputs.isEmpty(), "decomposition must have an output");
    checkSplittable(composite, Stream.concat(inputs.stream(), outputs.stream()).toList());
    return outputs.stream().map(output -> output.type().withoutLayout()).toList();
  }

  /** Checks keys, which a program's text writes without quotes. */
  private static void checkKeys(Composite composite) {
    for (String key : composite.attributes().keySet()) {
      check(
          composite,
          !key.isEmpty() && key.chars().allMatch(c -> Identifiers.isWordCharacter((char) c)),
          "attributes: names must have letters, digits, _, ., - and +, got \"" + key + "\"");
    }
  }

  private static void checkSplittable(Composite composite, List<Value> values) {
    List<String> labels = composite.splittable();
    for (int i = 0; i < labels.size(); i++) {
      String label = labels.get(i);
      check(
          composite,
          values.stream().anyMatch(value -> value.type().axis(label) >= 0),
          "splittable: labels must be of operands or results, got " + label);
      check(
          composite,
          labels.indexOf(label) == i,
          "splittable: labels must be distinct, got " + label + " twice");
    }
  }

  private static void same(Operation operation, Value operand, ValueType expected, String what) {
    check(
        operation,
        operand.type().withoutLayout().equals(expected),
        "operand must be " + expected + ", the type of " + what + ", got " + operand);
  }

  private static void check(Operation operation, boolean good, String message) {
    if (!good) {
      throw ProgramException.of(operation, message);
    }
  }
}
