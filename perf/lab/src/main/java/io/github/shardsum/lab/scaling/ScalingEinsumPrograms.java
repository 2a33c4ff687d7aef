package io.github.shardsum.lab.scaling;

import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Products, networks, attention and operations between them, with the layouts that split each over
 * an axis {@code x}. A device has the same work on any number of devices.
 */
final class ScalingEinsumPrograms {
  private static final String AXIS = "@x";

  /** The names of the programs. */
  static final List<String> NAMES =
      List.of(
          "product",
          "product-gathered",
          "product-summed",
          "gram",
          "batch",
          "chain",
          "exchange",
          "network",
          "network-gradient",
          "network-split",
          "attention",
          "attention-gradient",
          "attention-heads",
          "loss",
          "normalise");

  private ScalingEinsumPrograms() {}

  /** A program without annotations, and the annotations that it gets on more than one device. */
  private record Laid(Program program, Map<String, String> layouts) {
    /** Some values, each split along one label. */
    static Laid of(Program program, String... pairs) {
      Map<String, String> layouts = new TreeMap<>();
      for (int i = 0; i < pairs.length; i += 2) {
        layouts.put(pairs[i], pairs[i + 1] + AXIS);
      }
      return new Laid(program, layouts);
    }
  }

  /** A program of {@link #NAMES} on a number of devices. */
  static Program of(String name, int devices) {
    Laid laid = laid(name, devices);
    return devices == 1 ? laid.program() : Annotations.of(laid.layouts()).apply(laid.program());
  }

  private static Laid laid(String name, long n) {
    return switch (name) {
      case "product" -> Laid.of(product(1024 * n, 1024), "a", "I");
      case "product-gathered" -> Laid.of(product(1024 * n, 1024), "a", "I", "b", "K");
      case "product-summed" -> Laid.of(product(1024, 1024 * n), "a", "K", "b", "K");
      case "gram" -> Laid.of(gram(4096 * n), "a", "B");
      case "batch" -> Laid.of(batch(64 * n), "a", "B", "b", "B");
      case "chain" -> Laid.of(chain(1024 * n), "a", "I");
      case "exchange" -> Laid.of(exchange(1024 * n), "a", "I", "d", "J");
      case "network" -> Laid.of(network(512 * n, 2048), "a", "B");
      case "network-gradient" -> Laid.of(trained(512 * n, 2048), "a", "B");
      case "network-split" -> Laid.of(network(512, 2048 * n), "in", "H", "out", "H");
      case "attention" -> Laid.of(attention(4 * n, 8), "a", "B");
      case "attention-gradient" -> Laid.of(attended(4 * n), "a", "B");
      case "attention-heads" ->
          Laid.of(attention(4, 8 * n), "query", "N", "key", "N", "value", "N", "out", "N");
      case "loss" -> Laid.of(loss(4096 * n), "table", "V");
      case "normalise" -> Laid.of(normalise(4096 * n), "a", "B");
      default -> throw new IllegalArgumentException("must be one of " + NAMES + ", got " + name);
    };
  }

  private static String f32(String labels, Object... sizes) {
    return String.format(Locale.ROOT, "f32[" + labels + "]", sizes);
  }

  private static Program output(ProgramBuilder p, String name, Value value) {
    p.output(name, value);
    return p.build();
  }

  private static Program product(long rows, long inner) {
    ProgramBuilder p = Program.builder("product");
    Value a = p.input("a", f32("I=%d K=%d", rows, inner));
    Value b = p.input("b", f32("K=%d J=1024", inner));
    return output(p, "c", p.einsum("IK,KJ->IJ", a, b));
  }

  /** Every device gets the whole sum. */
  private static Program gram(long rows) {
    ProgramBuilder p = Program.builder("gram");
    Value a = p.input("a", f32("B=%d I=512", rows));
    return output(p, "c", p.replicate(p.einsum("BI,BJ->IJ", a, p.rename(a, "I", "J"))));
  }

  private static Program batch(long count) {
    ProgramBuilder p = Program.builder("batch");
    Value a = p.input("a", f32("B=%d I=256 K=256", count));
    Value b = p.input("b", f32("B=%d K=256 J=256", count));
    return output(p, "c", p.einsum("BIK,BKJ->BIJ", a, b));
  }

  private static Program chain(long rows) {
    ProgramBuilder p = Program.builder("chain");
    Value a = p.input("a", f32("I=%d J=768", rows));
    Value b = p.input("b", f32("J=768 K=768"));
    Value c = p.input("c", f32("K=768 L=768"));
    return output(p, "d", p.einsum("IK,KL->IL", p.einsum("IJ,JK->IK", a, b), c));
  }

  private static Value network(ProgramBuilder p, long rows, long hidden) {
    Value a = p.input("a", f32("B=%d M=512", rows));
    Value in = p.input("in", f32("M=512 H=%d", hidden));
    Value out = p.input("out", f32("H=%d M=512", hidden));
    return p.einsum("BH,HM->BM", p.relu(p.einsum("BM,MH->BH", a, in)), out);
  }

  private static Program network(long rows, long hidden) {
    ProgramBuilder p = Program.builder("network");
    return output(p, "b", network(p, rows, hidden));
  }

  private static Program trained(long rows, long hidden) {
    ProgramBuilder p = Program.builder("network");
    Value b = network(p, rows, hidden);
    Program loss = output(p, "loss", p.mean(p.multiply(b, b), "B", "M"));
    return Gradients.valueAndGradient(loss, List.of("loss"), List.of("in", "out"));
  }

  private static Value attention(ProgramBuilder p, long sequences, long heads) {
    Value a = p.input("a", f32("B=%d S=256 M=512", sequences));
    Value query = p.input("query", f32("N=%d M=512 D=64", heads));
    Value key = p.input("key", f32("N=%d M=512 D=64", heads));
    Value value = p.input("value", f32("N=%d M=512 D=64", heads));
    Value out = p.input("out", f32("N=%d D=64 M=512", heads));
    Value q = p.einsum("BSM,NMD->BNSD", a, query);
    Value k = p.einsum("BTM,NMD->BNTD", p.rename(a, "S", "T"), key);
    Value v = p.einsum("BTM,NMD->BNTD", p.rename(a, "S", "T"), value);
    Value scores = p.scale(p.einsum("BNSD,BNTD->BNST", q, k), 0.125);
    Value mixed = p.einsum("BNST,BNTD->BNSD", p.softmax(scores, "T"), v);
    return p.einsum("BNSD,NDM->BSM", mixed, out);
  }

  private static Program attention(long sequences, long heads) {
    ProgramBuilder p = Program.builder("attention");
    return output(p, "b", attention(p, sequences, heads));
  }

  private static Program attended(long sequences) {
    ProgramBuilder p = Program.builder("attention");
    Value b = attention(p, sequences, 8);
    Program loss = output(p, "loss", p.mean(p.multiply(b, b), "B", "S", "M"));
    return Gradients.valueAndGradient(
        loss, List.of("loss"), List.of("query", "key", "value", "out"));
  }

  /** The classes are split, so that the normalization is reduced over devices. */
  private static Program loss(long classes) {
    ProgramBuilder p = Program.builder("loss");
    Value a = p.input("a", f32("B=512 M=256"));
    Value table = p.input("table", f32("V=%d M=256", classes));
    Value target = p.input("target", "i32[B=512]");
    Value logits = p.einsum("BM,VM->BV", a, table);
    return output(p, "loss", p.mean(p.crossEntropy(logits, target, "V"), "B"));
  }

  /** Work that only reads and writes memory: a normalization, a gate and an addend. */
  private static Program normalise(long rows) {
    ProgramBuilder p = Program.builder("normalise");
    Value a = p.input("a", f32("B=%d M=1024", rows));
    Value scale = p.input("scale", f32("M=1024"));
    Value centered = p.subtract(a, p.mean(a, "M"));
    Value variance = p.mean(p.multiply(centered, centered), "M");
    Value normal = p.multiply(p.multiply(centered, p.rsqrt(p.add(variance, 1e-6))), scale);
    return output(p, "b", p.add(a, p.multiply(normal, p.logistic(normal))));
  }

  /** Rows of the product become columns of the result, so that devices exchange blocks. */
  private static Program exchange(long rows) {
    ProgramBuilder p = Program.builder("exchange");
    Value a = p.input("a", f32("I=%d K=1024", rows));
    Value b = p.input("b", f32("K=1024 J=1024"));
    return output(p, "d", p.tanh(p.einsum("IK,KJ->IJ", a, b)));
  }
}
