package io.github.shardsum.moe;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The arguments of {@link Route#of} as a program of the route composite and its inputs. */
record RouteCase(Program program, List<Tensor> inputs) {
  static RouteCase of(
      RouteInput<Tensor> input, RouteOptions options, Randomness randomness, DType dispatch) {
    ProgramBuilder p = Program.builder("gating_case");
    List<Tensor> inputs = new ArrayList<>(List.of(input.scores()));
    Value scores = p.input("scores", type(input.scores(), "G", "S", "E"));
    RouteInput<Value> values =
        switch (input.kind()) {
          case LOGITS -> RouteInput.logits(scores);
          case GATES -> RouteInput.gates(scores);
        };
    if (input.nonPadding().isPresent()) {
      Tensor mask = input.nonPadding().get();
      inputs.add(mask);
      values = values.withNonPadding(p.input("mask", type(mask, "G", "S")));
    }
    if (input.uniform().isPresent()) {
      Tensor uniform = input.uniform().get();
      inputs.add(uniform);
      List<String> labels = List.of("G", "S", "E").subList(0, uniform.rank());
      ValueType type = type(uniform, labels.toArray(String[]::new));
      values = values.withUniform(p.input("uniform_numbers", type));
    }
    if (input.bias().isPresent()) {
      Tensor bias = input.bias().get();
      inputs.add(bias);
      values = values.withBias(p.input("selection_bias", type(bias, "E")));
    }
    if (input.choices().isPresent()) {
      Tensor choices = input.choices().get();
      inputs.add(choices);
      values = values.withChoices(p.input("recorded", type(choices, "G", "S", "K")));
    }
    List<Value> results = p.add(MoePrograms.denseRoute(values, dispatch, options, randomness));
    List<String> names = List.of("combine_weights", "dispatch_mask", "aux_loss", "squared_log_z");
    for (int i = 0; i < names.size(); i++) {
      p.output(names.get(i), results.get(i));
    }
    return new RouteCase(p.build(), inputs);
  }

  private static ValueType type(Tensor tensor, String... labels) {
    List<Long> sizes = new ArrayList<>();
    for (int axis = 0; axis < tensor.rank(); axis++) {
      sizes.add(tensor.size(axis));
    }
    return ValueType.of(tensor.dtype(), List.of(labels), sizes);
  }

  /** Combine weights, mask, loss and the sums of squares of the logsumexp. */
  List<Tensor> run(Backend backend) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs);
    }
  }
}
