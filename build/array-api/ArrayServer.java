import module java.base;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.Creation;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Logic;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * Shardsum's tensors behind a pipe, for shardsum_array.py: a call a line on standard input, its
 * answer a line on standard output.
 *
 * <p>A call is an operation and its arguments, with spaces between: t7 is a tensor that an earlier
 * answer named, l2,3 integers, d0x1p3 a number, sf32 a word, b1 true, x00ff bytes. An answer is
 * {@code x} and bytes, {@code e} and an error, or {@code t} and for each tensor its number, dtype
 * and sizes.
 */
final class ArrayServer {
  private final Map<Integer, Tensor> tensors = new HashMap<>();
  private int next;

  void main() throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String answer;
      try {
        answer = answer(new Call(line));
      } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
        answer = "e" + e.getClass().getSimpleName() + " " + e.getMessage().replace('\n', ' ');
      }
      out.println(answer);
      out.flush();
    }
  }

  /** The words of a line, read from left to right. */
  private final class Call {
    final String name;
    private final String[] words;
    private int at = 1;

    Call(String line) {
      words = line.split(" ");
      name = words[0];
    }

    boolean more() {
      return at < words.length;
    }

    boolean isTensor() {
      return words[at].charAt(0) == 't';
    }

    private String word(char kind) {
      if (words[at].charAt(0) != kind) {
        throw new IllegalStateException(name + ": expected a " + kind + ", got " + words[at]);
      }
      return words[at++].substring(1);
    }

    Tensor tensor() {
      return Objects.requireNonNull(tensors.get(Integer.valueOf(word('t'))), "no such tensor");
    }

    Tensor[] rest() {
      List<Tensor> all = new ArrayList<>();
      while (more()) {
        all.add(tensor());
      }
      return all.toArray(Tensor[]::new);
    }

    long[] longs() {
      String list = word('l');
      return list.isEmpty()
          ? new long[0]
          : Stream.of(list.split(",")).mapToLong(Long::parseLong).toArray();
    }

    int[] ints() {
      return Arrays.stream(longs()).mapToInt(Math::toIntExact).toArray();
    }

    int one() {
      return ints()[0];
    }

    double number() {
      return Double.parseDouble(word('d'));
    }

    String text() {
      return word('s');
    }

    DType dtype() {
      return DType.parse(text());
    }

    boolean flag() {
      return word('b').equals("1");
    }

    byte[] bytes() {
      return HexFormat.of().parseHex(word('x'));
    }

    /** Axes as NumPy gives them: whether they are kept, and which ones, all if none is named. */
    Axes axes() {
      boolean kept = flag();
      Axes axes = more() ? Axes.of(ints()) : Axes.all();
      return kept ? axes.kept() : axes;
    }
  }

  private String answer(Call call) {
    return switch (call.name) {
      case "free" -> {
        for (long id : call.longs()) {
          tensors.remove((int) id);
        }
        yield "t";
      }
      case "read" -> "x" + HexFormat.of().formatHex(bytes(call.tensor()));
      case "set" -> {
        call.tensor().assign(call.tensor());
        yield "t";
      }
      case "split" -> {
        Tensor x = call.tensor();
        yield named(x.split(call.one(), call.one()));
      }
      default -> named(List.of(tensor(call)));
    };
  }

  private String named(List<Tensor> results) {
    StringBuilder text = new StringBuilder("t");
    for (Tensor each : results) {
      tensors.put(next, each);
      text.append(text.length() == 1 ? "" : " ")
          .append(next++)
          .append(':')
          .append(each.dtype())
          .append(':');
      text.append(
          Arrays.stream(each.shape().toArray())
              .mapToObj(Long::toString)
              .collect(Collectors.joining(",")));
    }
    return text.toString();
  }

  private static byte[] bytes(Tensor x) {
    byte[] bytes = new byte[Math.toIntExact(x.shape().elementCount() * x.dtype().byteSize())];
    Tensor.of(x.dtype(), MemorySegment.ofArray(bytes), x.shape().toArray()).assign(x);
    return bytes;
  }

  private static Tensor tensor(Call call) {
    return switch (call.name) {
      case "data" -> Tensor.of(call.dtype(), MemorySegment.ofArray(call.bytes()), call.longs());
      case "full" -> Tensor.full(call.dtype(), call.number(), call.longs());
      case "arange" -> Creation.arange(call.dtype(), call.number(), call.number(), call.number());
      case "linspace" ->
          Creation.linspace(call.dtype(), call.number(), call.number(), call.longs()[0]);
      case "eye" -> Creation.eye(call.dtype(), call.longs()[0], call.longs()[0], call.longs()[0]);
      case "einsum" -> Einsum.einsum(call.text(), (Operand[]) call.rest());
      case "where" -> Logic.where(call.tensor(), call.tensor(), call.tensor());
      case "array_equal" -> flag(Logic.arrayEqual(call.tensor(), call.tensor()));
      case "allclose" ->
          flag(Logic.allClose(call.tensor(), call.tensor(), call.number(), call.number()));
      case "clip" -> Elementwise.clip(call.tensor(), call.number(), call.number());
      case "exp",
          "log",
          "tanh",
          "sin",
          "cos",
          "negative",
          "abs",
          "sign",
          "sqrt",
          "floor",
          "logical_not",
          "isnan",
          "logistic",
          "relu",
          "rsqrt" ->
          unary(call.name, call.tensor());
      case "sum", "prod", "max", "min", "any", "all", "argmax", "argmin" ->
          reduction(call.name, call.tensor(), call.axes());
      case "mean", "median", "norm", "logsumexp" ->
          statistic(call.name, call.tensor(), call.axes());
      case "var" -> Reductions.var(call.tensor(), call.one(), call.axes());
      case "std" -> Reductions.std(call.tensor(), call.one(), call.axes());
      case "quantile" -> Reductions.quantile(call.tensor(), call.number(), call.axes());
      case "cumulative_sum" -> Reductions.cumulativeSum(call.tensor(), call.one());
      case "slice",
          "transpose",
          "flip",
          "squeeze",
          "unsqueeze",
          "reshape",
          "broadcast",
          "flatten",
          "convert",
          "copy" ->
          view(call.name, call);
      case "concat",
          "stack",
          "pad",
          "roll",
          "tile",
          "take",
          "masked",
          "compress",
          "one_hot",
          "nonzero" ->
          movement(call.name, call);
      default ->
          call.isTensor()
              ? binary(call.name, call.tensor(), call)
              : left(call.name, call.number(), call.tensor());
    };
  }

  private static Tensor flag(boolean value) {
    return Tensor.scalar(DType.BOOL, value ? 1 : 0);
  }

  private static Tensor unary(String name, Tensor x) {
    return switch (name) {
      case "exp" -> Elementwise.exp(x);
      case "log" -> Elementwise.log(x);
      case "tanh" -> Elementwise.tanh(x);
      case "sin" -> Elementwise.sine(x);
      case "cos" -> Elementwise.cosine(x);
      case "negative" -> Elementwise.negate(x);
      case "abs" -> Elementwise.abs(x);
      case "sign" -> Elementwise.sign(x);
      case "sqrt" -> Elementwise.sqrt(x);
      case "rsqrt" -> Elementwise.rsqrt(x);
      case "floor" -> Elementwise.floor(x);
      case "logistic" -> Elementwise.logistic(x);
      case "relu" -> Elementwise.relu(x);
      case "logical_not" -> Logic.not(x);
      default -> Logic.isNan(x);
    };
  }

  private static Tensor reduction(String name, Tensor x, Axes axes) {
    return switch (name) {
      case "sum" -> Reductions.sum(x, axes);
      case "prod" -> Reductions.prod(x, axes);
      case "max" -> Reductions.max(x, axes);
      case "min" -> Reductions.min(x, axes);
      case "any" -> Reductions.any(x, axes);
      case "all" -> Reductions.all(x, axes);
      case "argmax" -> Reductions.argMax(x, axes);
      default -> Reductions.argMin(x, axes);
    };
  }

  private static Tensor statistic(String name, Tensor x, Axes axes) {
    return switch (name) {
      case "mean" -> Reductions.mean(x, axes);
      case "median" -> Reductions.median(x, axes);
      case "norm" -> Reductions.norm(x, axes);
      default -> Reductions.logSumExp(x, axes);
    };
  }

  private static Tensor view(String name, Call call) {
    Tensor x = call.tensor();
    return switch (name) {
      case "slice" -> x.slice(call.text());
      case "transpose" -> x.transpose(call.ints());
      case "flip" -> x.flip(call.ints());
      case "squeeze" -> x.squeeze(call.one());
      case "unsqueeze" -> x.expand(call.one());
      case "reshape" -> x.contiguous().reshape(call.longs());
      case "broadcast" -> x.broadcastTo(Shape.of(call.longs()));
      case "flatten" -> x.flatten();
      case "convert" -> x.convert(call.dtype());
      default -> x.copy();
    };
  }

  private static Tensor movement(String name, Call call) {
    return switch (name) {
      case "concat" -> Movement.concatenate(List.of(call.rest()), call.one());
      case "stack" -> Movement.stack(List.of(call.rest()), call.one());
      case "pad" -> Movement.pad(call.tensor(), call.number(), call.longs(), call.longs());
      case "roll" -> Movement.roll(call.tensor(), call.longs()[0], call.one());
      case "tile" -> Movement.tile(call.tensor(), call.longs());
      case "take" -> Movement.take(call.tensor(), call.tensor(), call.one());
      case "masked" -> Movement.masked(call.tensor(), call.tensor());
      case "compress" -> Movement.compress(call.tensor(), call.tensor(), call.one());
      case "one_hot" -> Creation.oneHot(DType.F32, call.tensor(), call.longs()[0]);
      default -> Movement.nonzero(call.tensor());
    };
  }

  /** Two tensors, or a tensor and a number, by the forms that programs in Java call. */
  private static Tensor binary(String name, Tensor x, Call call) {
    if (call.isTensor()) {
      return both(name, x, call.tensor());
    }
    double y = call.number();
    return switch (name) {
      case "add" -> Elementwise.add(x, y);
      case "subtract" -> Elementwise.subtract(x, y);
      case "multiply" -> Elementwise.multiply(x, y);
      case "divide" -> Elementwise.divide(x, y);
      case "pow" -> Elementwise.power(x, y);
      case "fmod" -> Elementwise.remainder(x, y);
      case "maximum" -> Elementwise.maximum(x, y);
      case "minimum" -> Elementwise.minimum(x, y);
      case "equal" -> Logic.eq(x, y);
      case "not_equal" -> Logic.ne(x, y);
      case "less" -> Logic.lt(x, y);
      case "less_equal" -> Logic.le(x, y);
      case "greater" -> Logic.gt(x, y);
      case "greater_equal" -> Logic.ge(x, y);
      default -> throw new IllegalStateException("no operation of a tensor and a number: " + name);
    };
  }

  private static Tensor both(String name, Tensor x, Tensor y) {
    return switch (name) {
      case "add" -> Elementwise.add(x, y);
      case "subtract" -> Elementwise.subtract(x, y);
      case "multiply" -> Elementwise.multiply(x, y);
      case "divide" -> Elementwise.divide(x, y);
      case "pow" -> Elementwise.power(x, y);
      case "fmod" -> Elementwise.remainder(x, y);
      case "maximum" -> Elementwise.maximum(x, y);
      case "minimum" -> Elementwise.minimum(x, y);
      case "equal" -> Logic.eq(x, y);
      case "not_equal" -> Logic.ne(x, y);
      case "less" -> Logic.lt(x, y);
      case "less_equal" -> Logic.le(x, y);
      case "greater" -> Logic.gt(x, y);
      case "greater_equal" -> Logic.ge(x, y);
      case "logical_and" -> Logic.and(x, y);
      case "logical_or" -> Logic.or(x, y);
      case "logical_xor" -> Logic.xor(x, y);
      default -> throw new IllegalStateException("no operation of two tensors: " + name);
    };
  }

  /** A number from the left. */
  private static Tensor left(String name, double x, Tensor y) {
    return switch (name) {
      case "subtract" -> Elementwise.subtract(x, y);
      case "divide" -> Elementwise.divide(x, y);
      case "fmod" -> Elementwise.remainder(x, y);
      case "pow" -> Elementwise.power(x, y);
      default -> throw new IllegalStateException("no operation of a number and a tensor: " + name);
    };
  }
}
