package io.github.shardsum.moe.model;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The programs of an {@link EncoderSpec}, in f32. Labels: B texts, T and N positions with queries
 * and keys, V the vocabulary, M the width of a token, A heads, D their width, H the inner width.
 */
public final class EncoderPrograms {
  private static final double MASKED = -1e30;

  /** The error function for x at least 0 within 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
  private static final double ERF_STEEPNESS = 0.3275911;

  private static final List<Double> ERF =
      List.of(1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592);

  private final EncoderSpec spec;
  private final ProgramBuilder p;
  private final Map<String, Value> inputs = new HashMap<>();

  private EncoderPrograms(EncoderSpec spec, ProgramBuilder p) {
    this.spec = spec;
    this.p = p;
    parameters(spec).forEach(each -> inputs.put(each.name(), p.input(each.name(), each.type())));
  }

  /**
   * The parameters. Their labels are in the order of checkpoints, where a matrix has a row for each
   * output.
   *
   * @param spec the encoder
   * @return all parameters, in the order of inputs
   */
  public static List<Parameter> parameters(EncoderSpec spec) {
    List<Parameter> all = new ArrayList<>();
    long m = spec.model();
    long width = m / spec.heads();
    all.add(matrix("embedding", "VM", spec.vocabulary(), m));
    all.add(matrix("position", "PM", spec.positions(), m));
    all.add(matrix("kind", "UM", spec.kinds(), m));
    addNorm(all, "norm", m);
    for (int i = 0; i < spec.layers(); i++) {
      String name = "layer." + i;
      for (String part : List.of(".query", ".key", ".value")) {
        all.add(matrix(name + part, "ADM", spec.heads(), width, m));
        all.add(bias(name + part, "AD", spec.heads(), width));
      }
      all.add(matrix(name + ".output", "MAD", m, spec.heads(), width));
      all.add(bias(name + ".output", "M", m));
      addNorm(all, name + ".attention.norm", m);
      all.add(matrix(name + ".wi", "HM", spec.hidden(), m));
      all.add(bias(name + ".wi", "H", spec.hidden()));
      all.add(matrix(name + ".wo", "MH", m, spec.hidden()));
      all.add(bias(name + ".wo", "M", m));
      addNorm(all, name + ".feed.norm", m);
    }
    return List.copyOf(all);
  }

  private static ValueType type(String labels, long... sizes) {
    List<String> names = labels.chars().mapToObj(Character::toString).toList();
    return ValueType.of(DType.F32, names, Arrays.stream(sizes).boxed().toList());
  }

  private static Parameter matrix(String name, String labels, long... sizes) {
    return new Parameter(name, type(labels, sizes), 0, 0.02);
  }

  private static Parameter bias(String name, String labels, long... sizes) {
    return new Parameter(name + ".bias", type(labels, sizes), 0, 0);
  }

  private static void addNorm(List<Parameter> all, String name, long m) {
    all.add(new Parameter(name, type("M", m), 1, 0));
    all.add(bias(name, "M", m));
  }

  /**
   * Vectors of texts: the mean over a text's tokens, divided by its length. After the parameters
   * the inputs are {@code tokens i32[B, T]} and {@code real f32[B, T]}, 1 for tokens and 0 for
   * padding, with at least one token in each text. The output is {@code vectors [B, M]}.
   *
   * @param spec the encoder
   * @param texts B
   * @param tokens T, at most P
   * @return the program
   */
  public static Program vectors(EncoderSpec spec, long texts, long tokens) {
    ProgramBuilder p = Program.builder("encoder.vectors");
    EncoderPrograms own = new EncoderPrograms(spec, p);
    List<Long> sizes = List.of(texts, tokens);
    Value ids = p.input("tokens", ValueType.of(DType.I32, List.of("B", "T"), sizes));
    Value real = p.input("real", type("BT", texts, tokens));
    Value x = own.embedded(ids);
    Value visible = p.greater(p.rename(real, "T", "N"), 0.5);
    for (int i = 0; i < spec.layers(); i++) {
      String name = "layer." + i;
      x = own.norm(name + ".attention.norm", p.add(x, own.attention(name, x, visible)));
      x = own.norm(name + ".feed.norm", p.add(x, own.feed(name, x)));
    }
    Value sum = p.einsum("BT,BTM->BM", real, x);
    p.output("vectors", p.multiply(sum, p.rsqrt(p.sum(p.multiply(sum, sum), "M"))));
    return p.build();
  }

  private Value in(String name) {
    return Objects.requireNonNull(inputs.get(name), name);
  }

  private Value embedded(Value tokens) {
    long length = tokens.type().size("T");
    Value hot = p.oneHot(tokens, "V", spec.vocabulary(), DType.F32);
    Value words = p.einsum("BTV,VM->BTM", hot, in("embedding"));
    Value places = p.rename(p.slice(in("position"), "P", 0, length), "P", "T");
    Value kind = p.sum(p.slice(in("kind"), "U", 0, 1), "U");
    return norm("norm", p.add(p.add(words, places), kind));
  }

  private Value norm(String name, Value x) {
    Value centred = p.subtract(x, p.mean(x, "M"));
    Value variance = p.mean(p.multiply(centred, centred), "M");
    Value unit = p.multiply(centred, p.rsqrt(p.add(variance, spec.epsilon())));
    return p.add(p.multiply(unit, in(name)), in(name + ".bias"));
  }

  private Value linear(String equation, Value x, String name) {
    return p.add(p.einsum(equation, x, in(name)), in(name + ".bias"));
  }

  private Value attention(String name, Value x, Value visible) {
    Value q = linear("BTM,ADM->BTAD", x, name + ".query");
    Value k = p.rename(linear("BTM,ADM->BTAD", x, name + ".key"), "T", "N");
    Value v = p.rename(linear("BTM,ADM->BTAD", x, name + ".value"), "T", "N");
    double scale = Math.sqrt(spec.heads() / (double) spec.model());
    Value scores = p.einsum("BTAD,BNAD->BATN", p.scale(q, scale), k);
    Value masked = p.select(visible, scores, p.constant(DType.F32, MASKED));
    Value context = p.einsum("BATN,BNAD->BTAD", p.softmax(masked, "N"), v);
    return linear("BTAD,MAD->BTM", context, name + ".output");
  }

  private Value feed(String name, Value x) {
    Value z = linear("BTM,HM->BTH", x, name + ".wi");
    Value half = p.scale(z, 0.5);
    Value gelu = p.add(half, p.multiply(half, erf(p.scale(z, Math.sqrt(0.5)))));
    return linear("BTH,MH->BTM", gelu, name + ".wo");
  }

  private Value erf(Value x) {
    Value size = p.abs(x);
    Value one = p.constant(DType.F32, 1.0);
    Value t = p.divide(one, p.add(p.scale(size, ERF_STEEPNESS), one));
    Value sum = p.scale(t, ERF.getFirst());
    for (double next : ERF.subList(1, ERF.size())) {
      sum = p.multiply(p.add(sum, next), t);
    }
    Value rest = p.multiply(sum, p.exp(p.scale(p.multiply(size, size), -1)));
    return p.multiply(p.sign(x), p.subtract(one, rest));
  }
}
