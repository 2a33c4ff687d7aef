package io.github.shardsum.internal.certify;

import io.github.shardsum.internal.certify.CheckedTerms.Made;
import io.github.shardsum.internal.certify.CheckedTerms.Rounds;
import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.program.Movement.Split;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The law by which attention may be a ring. With n chunks of rows and of keys, round r of n has
 * attention from each chunk c of rows to the chunk c - r of keys modulo n, so each pair of chunks
 * meets once. Two sets of keys with sums y and y' and logarithms l and l' have together the
 * logarithm log(e^l + e^l'), and the sums weighted by e^l and e^l'. Each gradient is a sum over
 * pairs of a row and a key; those by keys travel with their chunk of keys, n rounds. Padding keys
 * have the position -1, which no row sees; padding rows are 0, as are their cotangents.
 *
 * <p>The law writes the ring of a whole attention, and compares its terms with those of the plan.
 */
final class RingLaw {
  private final CheckedTerms terms;

  /** The rings that were written, each once. */
  private final Set<Ring> equated = new HashSet<>();

  RingLaw(CheckedTerms terms) {
    this.terms = terms;
  }

  /**
   * A ring.
   *
   * @param whole the attention, on terms
   * @param row the label of rows that is in chunks
   * @param keys the label of keys, which is in chunks
   * @param chunk the label of chunks
   * @param parts the number of chunks
   * @param round the loop's label
   */
  private record Ring(
      Composite whole, String row, String keys, String chunk, long parts, String round) {
    private boolean isGradient() {
      return whole.name().equals(AttentionForm.GRADIENT);
    }

    /** Whether rows and keys are in chunks, and chunks of rows see the same keys. */
    boolean fits() {
      List<ValueType> types = whole.operands().stream().map(Value::type).toList();
      return types.get(0).axis(row) >= 0
          && types.get(0).axis(keys) < 0
          && types.get(1).axis(row) < 0
          && types.get(1).axis(keys) >= 0
          && types.get(4).axis(row) < 0
          && types.get(4).axis(keys) >= 0
          && types.stream().allMatch(type -> type.axis(chunk) < 0)
          && AttentionForm.of(whole).isPresent();
    }

    Program program() {
      ProgramBuilder p = Program.builder("ring");
      List<Value> x = new ArrayList<>();
      for (Value operand : whole.operands()) {
        Value input = p.input("x" + x.size(), operand.type());
        x.add(cut(p, input, x.size() == 4 ? -1 : 0));
      }
      List<Value> own = attention(p, x);
      List<Value> state = new ArrayList<>(List.of(x.get(1), x.get(2), x.get(4)));
      state.addAll(isGradient() ? List.of(own.get(1), own.get(2), own.get(0)) : own);
      List<Value> fixed = new ArrayList<>(List.of(x.get(0), x.get(3)));
      fixed.addAll(x.subList(5, x.size()));
      List<Value> last =
          p.scan(parts - 1, round, round(state, fixed), state, List.of(), fixed)
              .subList(3, state.size());
      List<Value> made =
          isGradient() ? List.of(last.get(2), moved(p, last.get(0)), moved(p, last.get(1))) : last;
      for (int i = 0; i < made.size(); i++) {
        p.output("y" + i, put(p, made.get(i), whole.decomposition().outputs().get(i).type()));
      }
      return p.build();
    }

    private Program round(List<Value> state, List<Value> fixed) {
      ProgramBuilder p = Program.builder("round");
      List<Value> in = new ArrayList<>();
      state.forEach(each -> in.add(p.input("s" + in.size(), each.type())));
      fixed.forEach(each -> in.add(p.input("s" + in.size(), each.type())));
      int first = state.size();
      List<Value> next = in.subList(0, 3).stream().map(each -> moved(p, each)).toList();
      List<Value> x =
          new ArrayList<>(
              List.of(in.get(first), next.get(0), next.get(1), in.get(first + 1), next.get(2)));
      x.addAll(in.subList(first + 2, in.size()));
      next.forEach(p::output);
      if (isGradient()) {
        Value dk = moved(p, in.get(3));
        Value dv = moved(p, in.get(4));
        List<Value> more = attention(p, x);
        p.output(p.add(dk, more.get(1)));
        p.output(p.add(dv, more.get(2)));
        p.output(p.add(in.get(5), more.get(0)));
      } else {
        List<Value> more = attention(p, x);
        together(p, in.subList(3, 5), more).forEach(p::output);
      }
      return p.build();
    }

    private static List<Value> together(ProgramBuilder p, List<Value> one, List<Value> two) {
      boolean isWide = one.get(1).type().dtype() == DType.F64;
      Value most = p.maximum(one.get(1), two.get(1));
      Value finite = p.maximum(most, isWide ? -Double.MAX_VALUE : -Float.MAX_VALUE);
      Value a = p.exp(p.subtract(one.get(1), finite));
      Value b = p.exp(p.subtract(two.get(1), finite));
      Value weight = p.add(a, b);
      Value y = p.add(p.multiply(one.get(0), a), p.multiply(two.get(0), b));
      return List.of(p.divide(y, p.maximum(weight, 1)), p.add(finite, p.log(weight)));
    }

    private Value moved(ProgramBuilder p, Value x) {
      Value last = p.slice(x, chunk, parts - 1, parts);
      return p.concatenate(chunk, last, p.slice(x, chunk, 0, parts - 1));
    }

    private List<Value> attention(ProgramBuilder p, List<Value> operands) {
      List<Value> wide = new ArrayList<>();
      for (Value x : operands) {
        wide.add(p.convert(x, x.type().dtype() == DType.BF16 ? DType.F32 : x.type().dtype()));
      }
      AttentionForm form = AttentionForm.written(whole);
      return p.add(isGradient() ? form.gradientOf(wide) : form.of(wide));
    }

    boolean isCut(ValueType type) {
      return type.axis(row) >= 0 || type.axis(keys) >= 0;
    }

    private String label(ValueType type) {
      return type.axis(row) >= 0 ? row : keys;
    }

    private Value cut(ProgramBuilder p, Value x, int fill) {
      if (!isCut(x.type())) {
        return x;
      }
      String label = label(x.type());
      long more = Math.floorMod(-x.type().size(label), parts);
      Value even = more == 0 ? x : p.pad(x, label, 0, more, fill);
      return p.split(even, label, chunk, parts, label);
    }

    private Value put(ProgramBuilder p, Value x, ValueType type) {
      String label = label(type);
      long size = type.size(label);
      Value all = p.merge(x, label, chunk, label);
      boolean isEven = size % parts == 0;
      return p.convert(isEven ? all : p.slice(all, label, 0, size), type.dtype());
    }
  }

  /** Equates the rings that a loop may belong to with their attention. */
  void equate(Rounds loop) {
    if (!loop.operands().isEmpty()
        && terms.maker(loop.operands().getFirst()) instanceof Made(Split split)
        && split.into().size() == 2
        && loop.count() == split.sizes().getFirst() - 1) {
      List<Composite> all =
          terms.composites().stream()
              .filter(
                  each -> List.of(AttentionForm.NAME, AttentionForm.GRADIENT).contains(each.name()))
              .toList();
      for (Composite whole : all) {
        for (String row : whole.operands().getFirst().type().names()) {
          String chunk = split.into().getFirst();
          equate(new Ring(whole, row, split.label(), chunk, loop.count() + 1, loop.label()));
        }
      }
    }
  }

  private void equate(Ring ring) {
    Composite whole = ring.whole;
    if (equated.add(ring) && ring.fits()) {
      List<Value> results = terms.composite(whole, whole.operands());
      List<Value> made = terms.outputs(ring.program(), whole.operands(), new HashMap<>());
      for (int i = 0; i < made.size(); i++) {
        terms.equate(terms.maker(made.get(i)), List.of(results.get(i)));
      }
    }
  }
}
