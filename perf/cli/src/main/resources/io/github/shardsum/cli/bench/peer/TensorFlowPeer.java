import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Scanner;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.family.TType;

/**
 * TensorFlow's {@code Einsum} of one or two operands, in a graph: {@code DTYPE EQUATION OPERANDS
 * (RANK (SIZE)*)*}. Operands are fed, so that nothing is computed ahead.
 */
public class TensorFlowPeer implements PeerProcess {
  private final ConfigProto config;
  private final List<Operand<? extends TType>> inputs = new ArrayList<>();
  private final List<Tensor> operands = new ArrayList<>();
  private boolean single;
  private Graph graph;
  private Session session;
  private Operand<? extends TType> output;

  private TensorFlowPeer(int threads) {
    config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(threads)
            .setInterOpParallelismThreads(1)
            .build();
  }

  public static void main(String[] arguments) throws IOException {
    PeerProcess.serve(() -> new TensorFlowPeer(Integer.parseInt(arguments[0])));
  }

  @Override
  public String version() {
    return TensorFlow.version();
  }

  @Override
  public void prepare(Scanner words) {
    forget();
    single = words.next().equals("f32");
    String equation = words.next();
    graph = new Graph();
    Ops ops = Ops.create(graph);
    int count = words.nextInt();
    if (single) {
      output = build(ops, TFloat32.class, equation, count, words);
    } else {
      output = build(ops, TFloat64.class, equation, count, words);
    }
    session = new Session(graph, config);
  }

  private <T extends TType> Operand<T> build(
      Ops ops, Class<T> type, String equation, int count, Scanner words) {
    List<Operand<T>> taken = new ArrayList<>();
    for (int operand = 0; operand < count; operand++) {
      int[] sizes = PeerProcess.numbers(words, words.nextInt());
      Shape shape = Shape.of(Arrays.stream(sizes).asLongStream().toArray());
      int length = Math.toIntExact(shape.size());
      operands.add(
          single
              ? TFloat32.tensorOf(shape, DataBuffers.of(PeerProcess.floats(operand, length)))
              : TFloat64.tensorOf(shape, DataBuffers.of(PeerProcess.doubles(operand, length))));
      Operand<T> input = ops.placeholder(type, Placeholder.shape(shape));
      inputs.add(input);
      taken.add(input);
    }
    return ops.linalg.einsum(taken, equation);
  }

  private void forget() {
    if (graph != null) {
      session.close();
      graph.close();
      operands.forEach(Tensor::close);
      operands.clear();
      inputs.clear();
    }
  }

  private Result call() {
    Session.Runner runner = session.runner();
    for (int operand = 0; operand < operands.size(); operand++) {
      runner.feed(inputs.get(operand), operands.get(operand));
    }
    return runner.fetch(output).run();
  }

  @Override
  public double[] compute(int[] samples) {
    try (Result result = call()) {
      ByteDataBuffer data = result.get(0).asRawTensor().data();
      return Arrays.stream(samples)
          .mapToDouble(i -> single ? data.asFloats().getFloat(i) : data.asDoubles().getDouble(i))
          .toArray();
    }
  }

  @Override
  public void run() {
    call().close();
  }
}
