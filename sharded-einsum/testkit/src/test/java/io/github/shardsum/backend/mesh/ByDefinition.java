package io.github.shardsum.backend.mesh;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * A program by the definitions of its operations: an element is a function of its indices by label.
 * Integers are unbounded and wrap when they are stored, floating numbers are f64 and rounded when
 * they are stored. Shares nothing with backends but the generator of random bits.
 */
final class ByDefinition {
  private boolean isAmbiguous;

  /** Outputs by their place, for inputs. */
  List<Tensor> run(Program program, List<Tensor> inputs) {
    List<Elements> given = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      ValueType type = program.inputs().get(i).type();
      Tensor flat = inputs.get(i);
      double[] reals = type.dtype().isFloating() ? flat.toDoubleArray() : new double[0];
      long[] wholes = type.dtype().isFloating() ? new long[0] : flat.toLongArray();
      int[] at = {0};
      given.add(
          make(
              type,
              _ -> {
                int next = at[0]++;
                return type.dtype().isFloating()
                    ? (Object) reals[next]
                    : BigInteger.valueOf(wholes[next]);
              }));
    }
    return values(program, List.of(given), List.of(Map.of())).getFirst().stream()
        .map(Elements::tensor)
        .toList();
  }

  /**
   * Whether an einsum of several operands had a NaN: then the order of its products is seen, which
   * is no promise.
   */
  boolean isAmbiguous() {
    return isAmbiguous;
  }

  /**
   * A value.
   *
   * @param all elements in C order: a Double of a floating dtype, a BigInteger of another
   */
  record Elements(ValueType type, Object[] all) {
    Object at(Map<String, Long> index) {
      return at(type.names(), index);
    }

    /** Where labels are called otherwise, as in an equation. */
    Object at(List<String> labels, Map<String, Long> index) {
      long at = 0;
      for (int dim = 0; dim < labels.size(); dim++) {
        at = at * type.shape().size(dim) + index.getOrDefault(labels.get(dim), -1L);
      }
      return all[Math.toIntExact(at)];
    }

    double real(Map<String, Long> index) {
      return (Double) at(index);
    }

    BigInteger whole(Map<String, Long> index) {
      return (BigInteger) at(index);
    }

    Tensor tensor() {
      long[] shape = type.shape().toArray();
      double[] reals = new double[all.length];
      long[] wholes = new long[all.length];
      for (int i = 0; i < all.length; i++) {
        switch (all[i]) {
          case Double real -> reals[i] = real;
          case BigInteger whole -> wholes[i] = whole.longValueExact();
          default -> throw new IllegalStateException();
        }
      }
      Tensor tensor =
          type.dtype().isFloating() ? Tensor.of(reals, shape) : Tensor.of(wholes, shape);
      return tensor.convert(type.dtype());
    }
  }

  static Elements make(ValueType type, Function<Map<String, Long>, Object> element) {
    List<Object> all = new ArrayList<>();
    over(
        type.names(),
        type.sizes(),
        new HashMap<>(),
        index -> all.add(stored(type.dtype(), element.apply(index))));
    return new Elements(type, all.toArray());
  }

  /** All indices in order, the first label outermost. */
  private static void over(
      List<String> labels,
      List<Long> sizes,
      Map<String, Long> index,
      Consumer<Map<String, Long>> each) {
    if (labels.isEmpty()) {
      each.accept(index);
      return;
    }
    String first = labels.getFirst();
    for (long i = 0; i < sizes.getFirst(); i++) {
      index.put(first, i);
      over(labels.subList(1, labels.size()), sizes.subList(1, sizes.size()), index, each);
    }
    index.remove(first);
  }

  private static Object stored(DType dtype, Object number) {
    return switch (dtype) {
      case F64 -> number;
      case F32 -> (double) ((Double) number).floatValue();
      case BF16 -> bf16((Double) number);
      case I32 -> BigInteger.valueOf(((BigInteger) number).intValue());
      case I64 -> BigInteger.valueOf(((BigInteger) number).longValue());
      case BOOL -> number;
    };
  }

  /** To eight bits, the even one of two that are as near. */
  private static double bf16(double number) {
    if (!Double.isFinite(number) || number == 0) {
      return number;
    }
    double step = Math.scalb(1.0, Math.max(Math.getExponent(number), -126) - 7);
    double rounded = Math.rint(number / step) * step;
    return Math.abs(rounded) >= 0x1p128
        ? Math.copySign(Double.POSITIVE_INFINITY, rounded)
        : rounded;
  }

  /** Outputs of every member of the regions around, of which there is one outside of any. */
  private List<List<Elements>> values(
      Program program, List<List<Elements>> inputs, List<Map<String, Integer>> members) {
    List<Map<String, Elements>> known = new ArrayList<>();
    for (List<Elements> given : inputs) {
      Map<String, Elements> own = new HashMap<>();
      for (int i = 0; i < given.size(); i++) {
        own.put(program.inputs().get(i).name(), given.get(i));
      }
      known.add(own);
    }
    for (Statement statement : program.statements()) {
      List<Value> operands = statement.operation().operands();
      List<List<Elements>> in = known.stream().map(own -> named(own, operands)).toList();
      List<ValueType> types = statement.results().stream().map(Value::type).toList();
      List<List<Elements>> out = results(statement.operation(), types, in, members);
      for (int member = 0; member < out.size(); member++) {
        for (int i = 0; i < types.size(); i++) {
          known.get(member).put(statement.results().get(i).name(), out.get(member).get(i));
        }
      }
    }
    return known.stream().map(own -> named(own, program.outputs())).toList();
  }

  private static List<Elements> named(Map<String, Elements> known, List<Value> values) {
    return values.stream().map(v -> Objects.requireNonNull(known.get(v.name()), v.name())).toList();
  }

  private List<List<Elements>> results(
      Operation operation,
      List<ValueType> types,
      List<List<Elements>> in,
      List<Map<String, Integer>> members) {
    return switch (operation) {
      case Nested.Composite composite -> values(composite.decomposition(), in, members);
      case Nested.Scan scan -> scan(scan, types, in, members);
      case Nested.Manual manual -> region(manual, types, in, members);
      case Communication communication -> {
        RegionByDefinition region = new RegionByDefinition(members);
        List<Elements> x = in.stream().flatMap(List::stream).toList();
        yield region.communicated(communication, types.getFirst(), x).stream()
            .map(List::of)
            .toList();
      }
      default -> in.stream().map(own -> alone(operation, types, own)).toList();
    };
  }

  private List<Elements> alone(Operation operation, List<ValueType> types, List<Elements> in) {
    return operation instanceof Selection.TopK top
        ? top(top, types, in.getFirst())
        : List.of(make(types.getFirst(), element(operation, types.getFirst(), in)));
  }

  /** Members of a region in a region are members of both. */
  private List<List<Elements>> region(
      Nested.Manual manual,
      List<ValueType> types,
      List<List<Elements>> in,
      List<Map<String, Integer>> members) {
    List<Map<String, Integer>> inside = new ArrayList<>();
    List<List<Elements>> inputs = new ArrayList<>();
    List<Map<String, Integer>> places = RegionByDefinition.places(manual.axes());
    for (int member = 0; member < members.size(); member++) {
      for (Map<String, Integer> place : places) {
        Map<String, Integer> both = new HashMap<>(members.get(member));
        both.putAll(place);
        inside.add(both);
        List<Elements> own = new ArrayList<>();
        for (int i = 0; i < manual.in().size(); i++) {
          ValueType type = manual.body().inputs().get(i).type();
          own.add(
              RegionByDefinition.part(
                  in.get(member).get(i), type, manual.in().get(i), place, manual.axes()));
        }
        inputs.add(own);
      }
    }
    List<List<Elements>> outputs = values(manual.body(), inputs, inside);
    List<List<Elements>> results = new ArrayList<>();
    for (int first = 0; first < inside.size(); first += places.size()) {
      List<Elements> own = new ArrayList<>();
      for (int i = 0; i < types.size(); i++) {
        int output = i;
        List<Elements> parts =
            outputs.subList(first, first + places.size()).stream()
                .map(of -> of.get(output))
                .toList();
        own.add(
            RegionByDefinition.whole(
                parts, types.get(i), manual.out().get(i), places, manual.axes()));
      }
      results.add(own);
    }
    return results;
  }

  private Function<Map<String, Long>, Object> element(
      Operation operation, ValueType type, List<Elements> in) {
    return switch (operation) {
      case Pointwise pointwise -> index -> pointwise(pointwise, type, in, index);
      case Contraction.Einsum einsum -> index -> einsum(einsum, in, index);
      case Contraction.Reduce reduce -> index -> reduce(reduce, in.getFirst(), index);
      case Contraction.CumulativeSum sum -> index -> running(sum, in.getFirst(), index);
      case Movement movement -> moved(movement, in);
      case Selection.ArgMax most ->
          index -> BigInteger.valueOf(falling(in.getFirst(), most.label(), index).getFirst());
      case Selection.OneHot hot ->
          index -> {
            boolean isOne =
                in.getFirst().whole(index).equals(BigInteger.valueOf(at(index, hot.label())));
            return hot.dtype().isFloating() ? (Object) (isOne ? 1.0 : 0.0) : bit(isOne);
          };
      case Source.Constant constant -> _ -> number(constant.value());
      case Source.Iota iota ->
          index ->
              type.dtype().isFloating()
                  ? (Object) (double) at(index, iota.label())
                  : BigInteger.valueOf(at(index, iota.label()));
      case Source.Random random -> {
        long[] next = {0};
        Philox bits = new Philox(in.getFirst().whole(Map.of()).longValue());
        yield _ -> uniform(type.dtype(), bits.bits(next[0]++, random.stream()));
      }
      default -> throw new IllegalArgumentException("no definition of " + operation);
    };
  }

  static long at(Map<String, Long> index, String label) {
    return index.getOrDefault(label, -1L);
  }

  /** Indices with another one along a label. */
  static Map<String, Long> with(Map<String, Long> index, String label, long at) {
    Map<String, Long> other = new TreeMap<>(index);
    other.put(label, at);
    return other;
  }

  private static Object number(Scalar scalar) {
    return switch (scalar) {
      case Scalar.Real(double value) -> value;
      case Scalar.Whole(long value) -> BigInteger.valueOf(value);
    };
  }

  private static BigInteger bit(boolean isTrue) {
    return isTrue ? BigInteger.ONE : BigInteger.ZERO;
  }

  /** The upper bits as a fraction: as many as the dtype has digits. */
  private static double uniform(DType dtype, long bits) {
    int digits = dtype == DType.F64 ? 53 : dtype == DType.F32 ? 24 : 8;
    return Math.scalb((double) (bits >>> (64 - digits)), -digits);
  }

  private static Object pointwise(
      Pointwise operation, ValueType type, List<Elements> in, Map<String, Long> index) {
    Object x = in.getFirst().at(index);
    return switch (operation) {
      case Pointwise.Unary unary ->
          x instanceof Double real
              ? (Object) ofReal(unary.kind(), real)
              : ofWhole(unary.kind(), (BigInteger) x);
      case Pointwise.Binary binary ->
          x instanceof Double real
              ? (Object) ofReals(binary.kind(), real, in.get(1).real(index))
              : ofWholes(binary.kind(), (BigInteger) x, in.get(1).whole(index));
      case Pointwise.Compare compare -> bit(holds(compare.relation(), x, in.get(1).at(index)));
      case Pointwise.Select _ -> in.get(x.equals(BigInteger.ONE) ? 1 : 2).at(index);
      case Pointwise.Convert _ -> converted(x, type.dtype());
      case Pointwise.Uniform uniform ->
          uniform(
              type.dtype(),
              new Philox(((BigInteger) x).longValue())
                  .bits(in.get(1).whole(index).longValue(), uniform.stream()));
      case Pointwise.Ragged ragged ->
          at(index, ragged.label()) < in.get(1).whole(index).longValue()
              ? x
              : number(ragged.fill());
    };
  }

  private static double ofReal(Pointwise.UnaryKind kind, double x) {
    return switch (kind) {
      case NEGATE -> -x;
      case ABS -> x < 0 ? -x : x;
      case SIGN -> x > 0 ? 1 : x < 0 ? -1 : x;
      case FLOOR -> Math.floor(x);
      case RELU -> x < 0 ? 0 : x;
      default -> throw new IllegalArgumentException("not exact: " + kind);
    };
  }

  private static BigInteger ofWhole(Pointwise.UnaryKind kind, BigInteger x) {
    return switch (kind) {
      case NEGATE -> x.negate();
      case ABS -> x.abs();
      case SIGN -> BigInteger.valueOf(x.signum());
      case RELU -> x.max(BigInteger.ZERO);
      case NOT -> bit(x.signum() == 0);
      default -> throw new IllegalArgumentException("not of integers: " + kind);
    };
  }

  private static double ofReals(Pointwise.BinaryKind kind, double x, double y) {
    return switch (kind) {
      case ADD -> x + y;
      case SUBTRACT -> x - y;
      case MULTIPLY -> x * y;
      case REMAINDER -> x % y;
      case MAXIMUM -> Double.isNaN(x + y) && x != -y ? Double.NaN : x > y ? x : y;
      case MINIMUM -> Double.isNaN(x + y) && x != -y ? Double.NaN : x < y ? x : y;
      default -> throw new IllegalArgumentException("not exact: " + kind);
    };
  }

  private static BigInteger ofWholes(Pointwise.BinaryKind kind, BigInteger x, BigInteger y) {
    return switch (kind) {
      case ADD -> x.add(y);
      case SUBTRACT -> x.subtract(y);
      case MULTIPLY -> x.multiply(y);
      case DIVIDE -> y.signum() == 0 ? BigInteger.ONE.negate() : x.divide(y);
      case REMAINDER -> y.signum() == 0 ? x : x.remainder(y);
      case MAXIMUM -> x.max(y);
      case MINIMUM -> x.min(y);
      case AND -> x.and(y);
      case OR -> x.or(y);
      case XOR -> x.xor(y);
      case POWER -> throw new IllegalArgumentException("not of integers: " + kind);
    };
  }

  private static boolean holds(Pointwise.Comparison relation, Object x, Object y) {
    boolean isLess =
        x instanceof Double a ? a < (Double) y : ((BigInteger) x).compareTo((BigInteger) y) < 0;
    boolean isMore =
        x instanceof Double a ? a > (Double) y : ((BigInteger) x).compareTo((BigInteger) y) > 0;
    boolean isNan = x instanceof Double a && (a.isNaN() || ((Double) y).isNaN());
    boolean isEqual = !isLess && !isMore && !isNan;
    return switch (relation) {
      case EQ -> isEqual;
      case NE -> !isEqual;
      case LT -> isLess;
      case LE -> isLess || isEqual;
      case GT -> isMore;
      case GE -> isMore || isEqual;
    };
  }

  private static Object converted(Object x, DType to) {
    if (x instanceof Double real) {
      return switch (to) {
        case F64, F32, BF16 -> real;
        case BOOL -> bit(real != 0);
        case I32 -> clamped(real, 31);
        case I64 -> clamped(real, 63);
      };
    }
    BigInteger whole = (BigInteger) x;
    return switch (to) {
      case F64 -> whole.doubleValue();
      case F32 -> (double) whole.floatValue();
      case BF16 -> nearest(whole);
      case BOOL -> bit(whole.signum() != 0);
      case I32, I64 -> whole;
    };
  }

  /** An integer to eight bits in one rounding. */
  private static double nearest(BigInteger whole) {
    int more = Math.max(0, whole.abs().bitLength() - 8);
    BigInteger[] parts = whole.abs().divideAndRemainder(BigInteger.TWO.pow(more));
    int half = parts[1].shiftLeft(1).compareTo(BigInteger.TWO.pow(more));
    boolean isUp = more > 0 && (half > 0 || (half == 0 && parts[0].testBit(0)));
    double rounded = parts[0].add(bit(isUp)).shiftLeft(more).doubleValue();
    return whole.signum() < 0 ? -rounded : rounded;
  }

  private static BigInteger clamped(double real, int bits) {
    BigInteger most = BigInteger.TWO.pow(bits).subtract(BigInteger.ONE);
    if (Double.isNaN(real)) {
      return BigInteger.ZERO;
    }
    if (Double.isInfinite(real)) {
      return real > 0 ? most : most.not();
    }
    return new BigDecimal(real).toBigInteger().min(most).max(most.not());
  }

  private Object einsum(Contraction.Einsum einsum, List<Elements> in, Map<String, Long> index) {
    List<List<String>> labels = new ArrayList<>();
    Map<String, Long> summed = new TreeMap<>();
    for (int i = 0; i < in.size(); i++) {
      Term term = einsum.equation().operand(i);
      labels.add(term.axes().stream().map(Axis::label).toList());
      for (int dim = 0; dim < labels.get(i).size(); dim++) {
        summed.put(labels.get(i).get(dim), in.get(i).type().shape().size(dim));
      }
    }
    summed.keySet().removeAll(einsum.equation().output().axes().stream().map(Axis::label).toList());
    boolean isReal = einsum.dtype().isFloating();
    Object[] sum = {isReal ? (Object) 0.0 : BigInteger.ZERO};
    over(
        List.copyOf(summed.keySet()),
        List.copyOf(summed.values()),
        new HashMap<>(index),
        all -> sum[0] = plus(einsum.dtype(), sum[0], product(labels, in, all)));
    isAmbiguous |= in.size() > 1 && sum[0] instanceof Double real && real.isNaN();
    return sum[0];
  }

  private static Object product(
      List<List<String>> labels, List<Elements> in, Map<String, Long> index) {
    Object product = in.getFirst().at(labels.getFirst(), index);
    for (int i = 1; i < in.size(); i++) {
      Object factor = in.get(i).at(labels.get(i), index);
      product =
          product instanceof Double real
              ? (Object) (real * (Double) factor)
              : ((BigInteger) product).multiply((BigInteger) factor);
    }
    return product;
  }

  static Object plus(DType dtype, Object x, Object y) {
    if (x instanceof Double real) {
      return real + (Double) y;
    }
    BigInteger sum = ((BigInteger) x).add((BigInteger) y);
    return dtype == DType.BOOL ? sum.min(BigInteger.ONE) : sum;
  }

  private static Object reduce(Contraction.Reduce reduce, Elements x, Map<String, Long> index) {
    DType dtype = x.type().dtype();
    boolean isReal = dtype.isFloating();
    BigInteger most = BigInteger.TWO.pow(dtype == DType.I64 ? 63 : 31).subtract(BigInteger.ONE);
    BinaryOperator<Object> join =
        switch (reduce.kind()) {
          case SUM -> (a, b) -> plus(dtype, a, b);
          case MAX -> (a, b) -> either(Pointwise.BinaryKind.MAXIMUM, a, b);
          case MIN -> (a, b) -> either(Pointwise.BinaryKind.MINIMUM, a, b);
        };
    double end = reduce.kind() == ReduceKind.MAX ? -1.0 / 0.0 : 1.0 / 0.0;
    BigInteger last =
        dtype == DType.BOOL
            ? bit(reduce.kind() == ReduceKind.MIN)
            : reduce.kind() == ReduceKind.MAX ? most.not() : most;
    Object[] result = {isReal ? (Object) end : last};
    if (reduce.kind() == ReduceKind.SUM) {
      result[0] = isReal ? (Object) 0.0 : BigInteger.ZERO;
    }
    over(
        reduce.labels(),
        reduce.labels().stream().map(x.type()::size).toList(),
        new HashMap<>(index),
        all -> result[0] = join.apply(result[0], x.at(all)));
    return result[0];
  }

  static Object either(Pointwise.BinaryKind kind, Object x, Object y) {
    return x instanceof Double real
        ? (Object) ofReals(kind, real, (Double) y)
        : ofWholes(kind, (BigInteger) x, (BigInteger) y);
  }

  private static Object running(
      Contraction.CumulativeSum how, Elements x, Map<String, Long> index) {
    long end = at(index, how.label());
    LongStream before =
        how.reverse()
            ? LongStream.iterate(x.type().size(how.label()) - 1, i -> i > end, i -> i - 1)
            : LongStream.range(0, end);
    Object sum = x.type().dtype().isFloating() ? (Object) 0.0 : BigInteger.ZERO;
    for (long i : before.toArray()) {
      sum = plus(x.type().dtype(), sum, x.at(with(index, how.label(), i)));
    }
    return how.exclusive() ? sum : plus(x.type().dtype(), sum, x.at(index));
  }

  private static Function<Map<String, Long>, Object> moved(Movement operation, List<Elements> in) {
    Elements x = in.getFirst();
    return switch (operation) {
      case Movement.Annotate _ -> x::at;
      case Movement.Slice s ->
          index -> x.at(with(index, s.label(), s.from() + at(index, s.label()) * s.step()));
      case Movement.Pad p ->
          index -> {
            long from = at(index, p.label()) - p.low();
            boolean isBetween = Math.floorMod(from, p.interior() + 1) != 0;
            return element(
                x, index, p.label(), isBetween ? -1 : from / (p.interior() + 1), p.fill());
          };
      case Movement.Shift s ->
          index -> element(x, index, s.label(), at(index, s.label()) - s.by(), s.fill());
      case Movement.Window w ->
          index ->
              x.at(
                  with(
                      index,
                      w.label(),
                      at(index, w.label()) * w.stride() + at(index, w.window()) * w.dilation()));
      case Movement.Concatenate c ->
          index -> {
            long from = at(index, c.label());
            int part = 0;
            while (from >= in.get(part).type().size(c.label())) {
              from -= in.get(part++).type().size(c.label());
            }
            return in.get(part).at(with(index, c.label(), from));
          };
      case Movement.Split _, Movement.Merge _ -> {
        int[] next = {0};
        yield _ -> x.all()[next[0]++];
      }
    };
  }

  private static Object element(
      Elements x, Map<String, Long> index, String label, long from, Scalar fill) {
    return from < 0 || from >= x.type().size(label) ? number(fill) : x.at(with(index, label, from));
  }

  /** Indices along a label from the largest element down, equal ones in order; NaN is largest. */
  private static List<Long> falling(Elements x, String label, Map<String, Long> index) {
    Comparator<Object> order =
        (a, b) -> {
          boolean isNan = a instanceof Double real && real.isNaN();
          boolean isOtherNan = b instanceof Double real && real.isNaN();
          if (isNan || isOtherNan) {
            return Boolean.compare(isOtherNan, isNan);
          }
          return holds(Pointwise.Comparison.GT, a, b)
              ? -1
              : holds(Pointwise.Comparison.LT, a, b) ? 1 : 0;
        };
    return LongStream.range(0, x.type().size(label))
        .boxed()
        .sorted(Comparator.comparing(i -> x.at(with(index, label, i)), order))
        .toList();
  }

  private static List<Elements> top(Selection.TopK top, List<ValueType> types, Elements x) {
    Function<Map<String, Long>, Long> place =
        index -> falling(x, top.label(), index).get((int) at(index, top.into()));
    return List.of(
        make(types.getFirst(), index -> x.at(with(index, top.label(), place.apply(index)))),
        make(types.getLast(), index -> BigInteger.valueOf(place.apply(index))));
  }

  private List<List<Elements>> scan(
      Nested.Scan scan,
      List<ValueType> types,
      List<List<Elements>> in,
      List<Map<String, Integer>> members) {
    int carried = scan.carried().size();
    List<List<Elements>> state = in.stream().map(own -> own.subList(0, carried)).toList();
    Map<Long, List<List<Elements>>> rounds = new HashMap<>();
    for (long round = 0; round < scan.count(); round++) {
      long at = scan.reverse() ? scan.count() - 1 - round : round;
      List<List<Elements>> given = new ArrayList<>();
      for (int member = 0; member < in.size(); member++) {
        given.add(ofRound(scan, at, state.get(member), in.get(member)));
      }
      List<List<Elements>> out = values(scan.body(), given, members);
      state = out.stream().map(own -> own.subList(0, carried)).toList();
      rounds.put(at, out.stream().map(own -> own.subList(carried, own.size())).toList());
    }
    List<List<Elements>> results = new ArrayList<>();
    for (int member = 0; member < in.size(); member++) {
      List<Elements> own = new ArrayList<>(state.get(member));
      int mine = member;
      for (int i = carried; i < types.size(); i++) {
        int which = i - carried;
        own.add(
            make(
                types.get(i),
                index ->
                    Objects.requireNonNull(rounds.get(at(index, scan.label())))
                        .get(mine)
                        .get(which)
                        .at(index)));
      }
      results.add(own);
    }
    return results;
  }

  private static List<Elements> ofRound(
      Nested.Scan scan, long at, List<Elements> state, List<Elements> in) {
    int carried = scan.carried().size();
    List<Elements> given = new ArrayList<>(state);
    for (int i = 0; i < scan.sequences().size(); i++) {
      Elements sequence = in.get(carried + i);
      ValueType one = scan.body().inputs().get(carried + i).type();
      String first = sequence.type().names().getFirst();
      given.add(make(one, index -> sequence.at(with(index, first, at))));
    }
    given.addAll(in.subList(carried + scan.sequences().size(), in.size()));
    return given;
  }
}
