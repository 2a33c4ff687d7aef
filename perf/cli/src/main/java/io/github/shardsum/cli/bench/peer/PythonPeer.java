package io.github.shardsum.cli.bench.peer;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * NumPy, torch, TBLIS or FAISS in a Python process of its own, which lives as long as this object.
 * It makes the operands and measures the times itself, so only one-line requests travel. While it
 * works, this process only waits for its answer.
 */
final class PythonPeer implements Competitor, AutoCloseable {
  private static final String SCRIPT = "peer.py";

  /** The library of contractions, which the package {@code pytblis} holds. */
  static final String TBLIS = "tblis";

  /** The flat index of vectors, which the package {@code faiss-cpu} holds. */
  static final String FAISS = "faiss";

  private static final Map<String, String> PACKAGES = Map.of(TBLIS, "pytblis", FAISS, "faiss-cpu");

  private static final int LETTERS = 26;

  /** Read by the libraries when they are imported. */
  private static final List<String> THREAD_VARIABLES =
      List.of("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS");

  private final String name;
  private final PeerJsonProcess process;

  private PythonPeer(String name, PeerJsonProcess process) {
    this.name = name;
    this.process = process;
  }

  /**
   * Starts the process and waits until the library is imported.
   *
   * @param library {@code numpy}, {@code torch}, {@code tblis} or {@code faiss}
   * @param python the interpreter
   * @param isa the instruction set that the library may use
   * @param threads threads the library may use
   * @throws MeasurementException if there is no such interpreter or no such library; with the
   *     remedy
   */
  static PythonPeer start(String library, String python, Isa isa, int threads)
      throws MeasurementException {
    ProcessBuilder builder =
        new ProcessBuilder(python, "-c", script(), library, Integer.toString(threads));
    Map<String, String> environment = builder.environment();
    THREAD_VARIABLES.forEach(name -> environment.put(name, Integer.toString(threads)));
    set(environment, NativeProducts.ENVIRONMENT);
    set(environment, isa.variables());
    try {
      return checked(new PythonPeer(library, new PeerJsonProcess(builder)), isa);
    } catch (IOException e) {
      throw new MeasurementException(
          format("no Python: %s; name one with --python or SHARDSUM_PYTHON", e.getMessage()));
    } catch (MeasurementException e) {
      throw new MeasurementException(
          format(
              "%s; `%s -m pip install %s`, or name another interpreter with --python"
                  + " or SHARDSUM_PYTHON",
              e.why(), python, PACKAGES.getOrDefault(library, library)));
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** Sets the given variables; one without a value is removed. */
  static void set(Map<String, String> environment, Map<String, String> variables) {
    variables.forEach(
        (name, value) -> {
          if (value.isEmpty()) {
            environment.remove(name);
          } else {
            environment.put(name, value);
          }
        });
  }

  private static PythonPeer checked(PythonPeer peer, Isa isa) throws MeasurementException {
    try {
      peer.version().check(isa);
      return peer;
    } catch (MeasurementException e) {
      peer.close();
      throw e;
    }
  }

  /** The version that the library reports. */
  PeerVersion version() {
    return new PeerVersion(
        name,
        process.greeting().get("version").stringValue(),
        process.greeting().path("kernel").asString(""));
  }

  @Override
  public boolean supports(BenchCase subject) {
    boolean search = subject.dtype() == DType.F32 && PanamaLoop.isSearch(subject.bound());
    return search || !name.equals(FAISS);
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) throws MeasurementException {
    BoundEquation bound = subject.bound();
    ObjectNode request = JsonMapper.shared().createObjectNode();
    request.put("op", "prepare").put("equation", letters(bound));
    request.put("dtype", subject.dtype().toString());
    ArrayNode shapes = request.putArray("shapes");
    for (int operand = 0; operand < bound.operandCount(); operand++) {
      ArrayNode shape = shapes.addArray();
      for (long size : bound.operandShape(operand).toArray()) {
        shape.add(size);
      }
    }
    ArrayNode indices = request.putArray("samples");
    for (long sample : samples) {
      indices.add(sample);
    }
    return PeerJsonProcess.values(process.ask(JsonMapper.shared().writeValueAsString(request)));
  }

  @Override
  public double seconds(long calls) throws MeasurementException {
    String request =
        JsonMapper.shared()
            .writeValueAsString(
                JsonMapper.shared().createObjectNode().put("op", "time").put("calls", calls));
    return process.ask(request).get("seconds").doubleValue();
  }

  /** The next case takes the memory. */
  @Override
  public void forget() {}

  /** Ends the process. */
  @Override
  public void close() {
    process.close();
  }

  /** The equation in the one-letter notation that every peer reads. */
  static String letters(BoundEquation bound) throws MeasurementException {
    if (bound.labelCount() > 2 * LETTERS) {
      throw new MeasurementException(
          format(
              "has letters for %d labels, the equation has %d", 2 * LETTERS, bound.labelCount()));
    }
    List<String> operands = new ArrayList<>();
    for (int operand = 0; operand < bound.operandCount(); operand++) {
      operands.add(letters(bound.operandLabels(operand)));
    }
    return String.join(",", operands) + "->" + letters(bound.outputLabels());
  }

  private static String letters(int[] labels) {
    StringBuilder text = new StringBuilder();
    for (int label : labels) {
      text.append((char) (label < LETTERS ? 'a' + label : 'A' + label - LETTERS));
    }
    return text.toString();
  }

  private static String script() {
    try (InputStream in = PythonPeer.class.getResourceAsStream(SCRIPT)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
