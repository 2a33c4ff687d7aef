package io.github.shardsum.moe.model;

import io.github.shardsum.internal.moe.model.LanguageLayers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The programs of a {@link LanguageSpec}, in f32. The first inputs are the parameters in the order
 * of {@link #parameters}. Labels: T new positions, N cached positions, V the vocabulary, M the
 * width of a token, C key heads, R query heads of a key head, A heads, D and Z widths of keys and
 * values, L the latent width, E experts, H inner widths.
 */
public final class LanguagePrograms {
  private LanguagePrograms() {}

  /**
   * The parameters. Their labels are in the order of checkpoints, where a matrix has a row for each
   * output; only the matrices of experts are {@code [E, M, H]} and {@code [E, H, M]}.
   *
   * @param spec the model
   * @return all parameters, in the order of inputs
   */
  public static List<Parameter> parameters(LanguageSpec spec) {
    return LanguageLayers.parameters(spec);
  }

  /**
   * The caches of a model's layers, in the order of inputs: {@code cache.I.key} and {@code
   * cache.I.value}.
   *
   * @param spec the model
   * @param cached N
   * @return the types by name
   */
  public static Map<String, ValueType> caches(LanguageSpec spec, long cached) {
    return LanguageLayers.caches(spec, cached);
  }

  /**
   * New positions behind cached ones. After the parameters the inputs are the caches, {@code tokens
   * i32[T]}, and those of {@link #inputs}. The outputs are {@code logits [T, V]}, or {@code [V]} of
   * the last real position, and {@code next.I.key} and {@code next.I.value}, the caches with the
   * new positions.
   *
   * @param spec the model
   * @param tokens T
   * @param cached N
   * @param all whether there are logits of all positions
   * @return the program
   */
  public static Program step(LanguageSpec spec, long tokens, long cached, boolean all) {
    ProgramBuilder p = Program.builder("language.step");
    LanguageLayers layers = new LanguageLayers(spec, p, tokens, cached);
    Value x = layers.run();
    Value rows = all ? x : p.einsum("T,TM->M", layers.last(), x);
    p.output("logits", p.einsum(all ? "TM,VM->TV" : "M,VM->V", rows, layers.head()));
    layers.next().forEach(p::output);
    return p.build();
  }

  /**
   * The inputs of {@link #step} that follow from positions: {@code tokens}, {@code place i32[T]}
   * (the place of each token in the caches, -1 for padding), {@code written bool[N]}, {@code last
   * f32[T]} (1 at the last real token), and of each different rotation, mask and temperature {@code
   * cosine.I}, {@code sine.I} {@code [T, F]}, {@code visible.I bool[T N]} and {@code temperature.I
   * [T]}.
   *
   * @param spec the model
   * @param tokens the new tokens, at least 1 and at most T
   * @param start the number of positions before them
   * @param padded T
   * @param cached N
   * @return the tensors by name
   * @throws IllegalArgumentException if there are no or too many tokens, or one is not in the
   *     vocabulary
   */
  public static Map<String, Tensor> inputs(
      LanguageSpec spec, int[] tokens, int start, int padded, int cached) {
    int count = tokens.length;
    if (count < 1 || count > padded || start < 0 || count > cached - start) {
      throw new IllegalArgumentException(
          "language: new tokens must be 1 to "
              + Math.min(padded, cached - start)
              + " behind "
              + start
              + " of "
              + cached
              + ", got "
              + count);
    }
    for (int token : tokens) {
      if (token < 0 || token >= spec.vocabulary()) {
        throw new IllegalArgumentException(
            "language: tokens must be 0 to " + (spec.vocabulary() - 1) + ", got " + token);
      }
    }
    Map<String, Tensor> inputs = new HashMap<>();
    inputs.put("tokens", Tensor.of(Arrays.copyOf(tokens, padded), padded));
    int[] place = new int[padded];
    Arrays.setAll(place, i -> i < count ? start + i : -1);
    inputs.put("place", Tensor.of(place, padded));
    byte[] written = new byte[cached];
    Arrays.fill(written, start, start + count, (byte) 1);
    inputs.put("written", Tensor.ofBool(written, cached));
    float[] last = new float[padded];
    last[count - 1] = 1;
    inputs.put("last", Tensor.of(last, padded));
    List<LanguageSpec.Rotary> rotations = spec.rotations();
    for (int i = 0; i < rotations.size(); i++) {
      inputs.put("cosine." + i, angles(rotations.get(i), start, padded, true));
      inputs.put("sine." + i, angles(rotations.get(i), start, padded, false));
    }
    List<LanguageSpec.Mask> masks = spec.masks();
    for (int i = 0; i < masks.size(); i++) {
      inputs.put("visible." + i, visible(masks.get(i), start, count, padded, cached));
    }
    List<LanguageSpec.Temperature> temperatures = spec.temperatures();
    for (int i = 0; i < temperatures.size(); i++) {
      float[] factors = new float[padded];
      for (int t = 0; t < padded; t++) {
        factors[t] = (float) temperatures.get(i).at(start + t);
      }
      inputs.put("temperature." + i, Tensor.of(factors, padded));
    }
    return inputs;
  }

  private static Tensor angles(LanguageSpec.Rotary rotary, int start, int padded, boolean cosine) {
    float[] frequencies = rotary.frequencies();
    double magnitude = rotary.scaling().magnitudeOfRotated();
    float[] values = new float[padded * frequencies.length];
    for (int t = 0; t < padded; t++) {
      for (int i = 0; i < frequencies.length; i++) {
        double angle = (double) (start + t) * frequencies[i];
        double value = cosine ? Math.cos(angle) : Math.sin(angle);
        values[t * frequencies.length + i] = (float) (magnitude * value);
      }
    }
    return Tensor.of(values, padded, frequencies.length);
  }

  private static Tensor visible(
      LanguageSpec.Mask mask, int start, int count, int padded, int cached) {
    byte[] visible = new byte[Math.multiplyExact(padded, cached)];
    for (int t = 0; t < padded; t++) {
      // A padding position sees the first one, so that its softmax has a term.
      for (int n = 0; n < start + count; n++) {
        boolean sees = t < count ? mask.allows(start + t, n) : n == 0;
        visible[t * cached + n] = (byte) (sees ? 1 : 0);
      }
    }
    return Tensor.ofBool(visible, padded, cached);
  }
}
