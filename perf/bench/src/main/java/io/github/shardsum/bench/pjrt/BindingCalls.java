package io.github.shardsum.bench.pjrt;

import io.github.shardsum.pjrt.ClientOptions;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.HostTransfer;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtDevice;
import io.github.shardsum.pjrt.PjrtEvent;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.PjrtOptions;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.File;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;

/** The calls of {@code pjrt_calls.c}, made through the binding. */
public final class BindingCalls implements AutoCloseable {
  /** A program that takes so little time that the calls dominate. */
  public static final String PROGRAM =
      """
      func.func @main(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {
        %0 = stablehlo.add %a, %b : tensor<3xf32>
        return %0 : tensor<3xf32>
      }
      """;

  private static final String PLUGINS = "SHARDSUM_PJRT_CPU";

  private final PjrtClient client;
  private final PjrtDevice device;
  private final PjrtLoadedExecutable program;
  private final Tensor three = zeros(3);
  private final PjrtBuffer buffer;
  private final PjrtEvent event;
  private final List<List<PjrtBuffer>> arguments;

  /**
   * Opens a client of one device.
   *
   * @param plugin the library
   */
  public BindingCalls(Path plugin) {
    this.client =
        PjrtPlugin.open(plugin)
            .createClient(
                ClientOptions.defaults()
                    .withOptions(PjrtOptions.none().with("cpu_device_count", 1)));
    this.device = client.addressableDevices().getFirst();
    this.program = client.compile(PROGRAM, PjrtCompileOptions.defaults());
    this.buffer = client.bufferFrom(three, device);
    this.event = buffer.ready();
    event.await();
    this.arguments = List.of(List.of(buffer, buffer));
  }

  /**
   * The plugin that the environment names.
   *
   * @return the first of its paths
   */
  public static Path plugin() {
    String paths = System.getenv(PLUGINS);
    if (paths == null || paths.isBlank()) {
      throw new IllegalStateException(
          PLUGINS + ": expected the path of an XLA CPU plugin (`pip install lammps-jax-pjrt-cpu`)");
    }
    return Path.of(paths.split(File.pathSeparator, 2)[0]);
  }

  /** Zeros in native memory, aligned as XLA needs. */
  public static Tensor zeros(long count) {
    return Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(count));
  }

  public PjrtClient client() {
    return client;
  }

  public PjrtDevice device() {
    return device;
  }

  /** Whether a buffer was deleted: PJRT_Buffer_IsDeleted. */
  public boolean isDeleted() {
    return buffer.isDeleted();
  }

  /** Whether an event is done: PJRT_Event_IsReady. */
  public boolean isReady() {
    return event.isReady();
  }

  /** The shape of a buffer: PJRT_Buffer_Dimensions. */
  public long shape() {
    return buffer.shape().size(0);
  }

  /** The device of an id: PJRT_Client_LookupDevice. */
  public int lookup() {
    return client.device(0).id();
  }

  /** Enqueues the program: PJRT_LoadedExecutable_Execute and PJRT_Buffer_Destroy. */
  public boolean run() {
    try (PjrtBuffer out = program.run(buffer, buffer).getFirst()) {
      return out != null;
    }
  }

  /**
   * Runs the program and waits: PJRT_LoadedExecutable_Execute, PJRT_Event_Await, PJRT_Event_Destroy
   * and PJRT_Buffer_Destroy.
   */
  public boolean execute() {
    try (PjrtBuffer out =
        program.execute(arguments, ExecuteOptions.defaults()).join().getFirst().getFirst()) {
      return out != null;
    }
  }

  /** A new buffer: PJRT_Client_BufferFromHostBuffer, PJRT_Event_Destroy, PJRT_Buffer_Destroy. */
  public boolean fromHost() {
    return fromHost(three, HostTransfer.COPY);
  }

  public boolean fromHost(Tensor tensor) {
    return fromHost(tensor, HostTransfer.COPY);
  }

  /** A new buffer of a tensor, closed immediately. */
  public boolean fromHost(Tensor tensor, HostTransfer transfer) {
    try (PjrtBuffer made = client.bufferFrom(tensor, device, transfer)) {
      return made != null;
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
