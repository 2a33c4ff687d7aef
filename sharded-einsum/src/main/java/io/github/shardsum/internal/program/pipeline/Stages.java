package io.github.shardsum.internal.program.pipeline;

import io.github.shardsum.internal.program.types.LabelEquations;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Pipeline;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Values of all stages of a pipeline.
 *
 * @param pipeline the pipeline
 * @param count the number of stages
 */
public record Stages(Pipeline pipeline, long count) {
  /** The stages of a pipeline's operands, which are checked. */
  public static Stages of(Pipeline pipeline, List<Value> x, List<Value> weights) {
    return checked(pipeline, types(x), types(weights));
  }

  /** The stages of operands that pass the stages several times. */
  public static Stages of(Pipeline pipeline, List<Value> x, List<Value> weights, String repeats) {
    List<ValueType> once = new ArrayList<>();
    for (ValueType type : types(weights)) {
      int rank = type.rank();
      boolean isRepeated = rank > 0 && type.names().getFirst().equals(repeats);
      once.add(
          isRepeated
              ? ValueType.of(
                  type.dtype(), type.names().subList(1, rank), type.sizes().subList(1, rank))
              : type);
    }
    Stages stages = checked(pipeline, types(x), once);
    for (Value w : weights) {
      if (w.type().axis(repeats) != 0
          || w.type().size(repeats) != weights.getFirst().type().size(repeats)
          || w.type().size(repeats) == 0) {
        throw ProgramException.at(
            "pipeline of " + pipeline.stage().name(),
            "weights must have " + repeats + " in front, of one size, got " + weights);
      }
    }
    if (x.getFirst().type().size(pipeline.microbatches()) < stages.count) {
      throw ProgramException.at(
          "pipeline of " + pipeline.stage().name(),
          "microbatches must be at least the " + stages.count + " stages, got " + x);
    }
    return stages;
  }

  private static List<ValueType> types(List<Value> values) {
    return values.stream().map(value -> value.type().withoutLayout()).toList();
  }

  private static Stages checked(Pipeline pipeline, List<ValueType> x, List<ValueType> weights) {
    List<Value> inputs = pipeline.stage().inputs();
    long count = size(weights, pipeline.stages());
    long batches = size(x, pipeline.microbatches());
    List<ValueType> expected = new ArrayList<>();
    for (Value input : inputs) {
      boolean isState = expected.size() < pipeline.states();
      expected.add(
          inFront(
              isState ? pipeline.microbatches() : pipeline.stages(),
              isState ? batches : count,
              input.type()));
    }
    List<ValueType> given = Stream.concat(x.stream(), weights.stream()).toList();
    if (count == 0 || batches == 0 || x.size() != pipeline.states() || !given.equals(expected)) {
      throw ProgramException.at(
          "pipeline of " + pipeline.stage().name(),
          String.format(
              Locale.ROOT,
              "operands must be the inputs %s with %s in front of the first %d and %s in front of"
                  + " the others, each of at least one index, got %s and %s",
              inputs,
              pipeline.microbatches(),
              pipeline.states(),
              pipeline.stages(),
              x,
              weights));
    }
    return new Stages(pipeline, count);
  }

  private static long size(List<ValueType> types, String label) {
    return !types.isEmpty() && types.getFirst().axis(label) == 0 ? types.getFirst().size(label) : 0;
  }

  /** A type with a label in front. */
  static ValueType inFront(String label, long size, ValueType type) {
    List<String> names = new ArrayList<>(type.names());
    List<Long> sizes = new ArrayList<>(type.sizes());
    names.addFirst(label);
    sizes.addFirst(size);
    return ValueType.of(type.dtype(), names, sizes);
  }

  /** Values kept along a label, the newest first; the oldest leaves. */
  static Value pushed(ProgramBuilder b, String label, Value kept, Value newest) {
    Value first = turned(b, newest, inFront(label, 1, newest.type()).names(), Map.of(label, 1L));
    long size = kept.type().size(label);
    return size == 1 ? first : b.concatenate(label, first, b.slice(kept, label, 0, size - 1));
  }

  private static Value turned(
      ProgramBuilder b, Value x, List<String> names, Map<String, Long> sizes) {
    return b.einsum(
        LabelEquations.equation(List.of(LabelEquations.of(x)), LabelEquations.of(names)),
        List.of(x),
        sizes);
  }

  /** The value at an index along a label, which each stage has of its own. */
  Value chosen(ProgramBuilder b, String label, Value all, Value index) {
    Value which = b.oneHot(index, label, all.type().size(label), all.type().dtype());
    List<String> names = new ArrayList<>(all.type().names());
    names.remove(label);
    return b.einsum(
        LabelEquations.equation(
            List.of(LabelEquations.of(all), LabelEquations.of(which)), LabelEquations.of(names)),
        List.of(all, which),
        Map.of());
  }

  /** Zeros for what enters each stage. */
  public List<Value> zeros(ProgramBuilder p) {
    return pipeline.stage().outputs().stream().map(state -> zeros(p, all(state))).toList();
  }

  /** Zeros of a type. */
  public static Value zeros(ProgramBuilder p, ValueType type) {
    return type.dtype().isFloating() ? p.constant(type, 0.0) : p.constant(type, 0L);
  }

  /** The type of a stage's value for all stages. */
  public ValueType all(Value value) {
    return inFront(pipeline.stages(), count, value.type());
  }

  /** The program of all stages. */
  public Program all(Program program) {
    Set<String> names = program.inputs().stream().map(Value::name).collect(Collectors.toSet());
    return Passes.mapped(program, pipeline.stages(), count, names);
  }

  /**
   * The microbatches as values of stages, of which all but the first stage have zeros.
   *
   * @param before the number of rounds before the first microbatch
   * @param after the number of rounds after the last one
   */
  public Value feed(ProgramBuilder p, Value x, long before, long after) {
    List<String> names = new ArrayList<>(x.type().names());
    names.add(1, pipeline.stages());
    Value first = turned(p, x, names, Map.of(pipeline.stages(), 1L));
    return padded(
        p,
        padded(p, first, pipeline.stages(), 0, count - 1),
        pipeline.microbatches(),
        before,
        after);
  }

  private static Value padded(ProgramBuilder p, Value x, String label, long low, long high) {
    return low + high == 0 ? x : p.pad(x, label, low, high, 0);
  }

  /** The number of each stage. */
  public Value index(ProgramBuilder p) {
    String label = pipeline.stages();
    return p.iota(ValueType.of(DType.I32, List.of(label), List.of(count)), label);
  }

  /** The operands of a round: the microbatch that enters, and results of the stages before. */
  public List<Value> entered(ProgramBuilder p, List<Value> next, List<Value> state) {
    List<Value> entered = new ArrayList<>();
    for (int i = 0; i < next.size(); i++) {
      entered.add(p.select(p.equal(index(p), 0), next.get(i), state.get(i)));
    }
    return entered;
  }

  /** Values of the next stage, or of the stage before. */
  public List<Value> moved(ProgramBuilder p, List<Value> all, int by) {
    return all.stream().map(each -> p.shift(each, pipeline.stages(), by, 0)).toList();
  }

  /** The value of one stage. */
  public Value at(ProgramBuilder p, Value all, long stage) {
    String label = pipeline.stages();
    return p.sum(p.slice(all, label, stage, stage + 1), label);
  }
}
