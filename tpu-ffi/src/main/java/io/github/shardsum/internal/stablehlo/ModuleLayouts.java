package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.stablehlo.Edges;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The layouts of the inputs and outputs of a module.
 *
 * @param inputs the layouts of inputs: the requested one if every label divides evenly, so that XLA
 *     pads nothing; otherwise whole on every device
 * @param outputs the layouts of outputs, by the same rule
 * @param demandedInputs the requested layouts of inputs
 * @param demandedOutputs the requested layouts of outputs
 */
public record ModuleLayouts(
    List<Term> inputs, List<Term> outputs, List<Term> demandedInputs, List<Term> demandedOutputs) {

  /** The given layouts; by default the layouts in the inputs' types, and whole outputs. */
  public static ModuleLayouts of(Program program, Optional<Mesh> mesh, Optional<Edges> given) {
    List<Term> in = new ArrayList<>();
    List<Term> out = new ArrayList<>();
    for (Value input : program.inputs()) {
      in.add(new Term(input.type().labels().axes(), List.of()));
    }
    program.outputs().forEach(output -> out.add(whole(output)));
    List<Term> inputs = demanded(program.inputs(), given.map(Edges::inputs).orElse(in), mesh);
    List<Term> outputs = demanded(program.outputs(), given.map(Edges::outputs).orElse(out), mesh);
    return new ModuleLayouts(
        even(program.inputs(), inputs, mesh),
        even(program.outputs(), outputs, mesh),
        inputs,
        outputs);
  }

  /**
   * Inputs whose memory outputs may reuse. Each output, in order, reuses the first input of the
   * same type and layout that no other output reuses.
   *
   * @return the number of the output, by the number of the input
   */
  public Map<Integer, Integer> donations(Program program) {
    Map<Integer, Integer> taken = new HashMap<>();
    for (int output = 0; output < outputs.size(); output++) {
      Value result = program.outputs().get(output);
      for (int input = 0; input < inputs.size(); input++) {
        Value argument = program.inputs().get(input);
        boolean alike =
            argument.type().dtype() == result.type().dtype()
                && argument.type().shape().equals(result.type().shape())
                && meshAxes(inputs.get(input)).equals(meshAxes(outputs.get(output)));
        if (alike && taken.putIfAbsent(input, output) == null) {
          break;
        }
      }
    }
    return taken;
  }

  private static List<List<String>> meshAxes(Term term) {
    return term.axes().stream().map(Axis::mesh).toList();
  }

  private static List<Term> demanded(List<Value> values, List<Term> terms, Optional<Mesh> mesh) {
    boolean fits = values.size() == terms.size();
    for (int i = 0; fits && i < terms.size(); i++) {
      fits = terms.get(i).withoutLayout().equals(whole(values.get(i)));
    }
    if (!fits) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "edges: terms must have the labels of %s, got %s", values, terms));
    }
    if (terms.stream().anyMatch(term -> !term.partial().isEmpty())) {
      throw new IllegalArgumentException("edges: values must not be partial sums, got " + terms);
    }
    return mesh.isPresent() ? terms : values.stream().map(ModuleLayouts::whole).toList();
  }

  private static List<Term> even(List<Value> values, List<Term> terms, Optional<Mesh> mesh) {
    List<Term> even = new ArrayList<>();
    for (int i = 0; i < terms.size(); i++) {
      Value value = values.get(i);
      Term term = terms.get(i);
      even.add(mesh.isEmpty() || divides(value, term, mesh.get()) ? term : whole(value));
    }
    return even;
  }

  private static boolean divides(Value value, Term term, Mesh mesh) {
    for (int i = 0; i < term.size(); i++) {
      if (value.type().shape().size(i) % mesh.size(term.axis(i).mesh()) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Term whole(Value value) {
    return Term.of(value.type().labels().axes().stream().map(Axis::label).toArray(String[]::new));
  }
}
