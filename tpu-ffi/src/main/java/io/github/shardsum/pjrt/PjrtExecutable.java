package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.HandleLeaks;
import io.github.shardsum.internal.pjrt.abi.HloCollectives;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.ProgramSignature;
import io.github.shardsum.internal.pjrt.abi.Struct;
import io.github.shardsum.internal.pjrt.client.SerializedProgram;
import io.github.shardsum.tensor.Shape;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A compiled program, on devices of this machine or for devices that it does not have. Safe for use
 * by many threads at once.
 */
public final class PjrtExecutable implements AutoCloseable {
  @SuppressWarnings("restricted")
  private static final MethodHandle DELETER =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ADDRESS));

  private static final int SHARDINGS_EXTENSION = 19;

  /** The most outputs or axes of a program; a larger count is invalid. */
  private static final long MOST = 1 << 24;

  private final Api api;
  private final Handle handle;
  private final boolean ofLoaded;

  private PjrtExecutable(Api api, Handle handle, boolean ofLoaded) {
    this.api = api;
    this.handle = handle;
    this.ofLoaded = ofLoaded;
  }

  static PjrtExecutable of(
      Api api, Handle parent, MemorySegment executable, Consumer<String> onLeak) {
    PjrtExecutable made = new PjrtExecutable(api, handle(api, parent, executable), false);
    HandleLeaks.watch(made, made.handle, onLeak);
    return made;
  }

  /** An executable that is closed only with its parent, since the parent's runs use it. */
  static PjrtExecutable ofLoaded(Api api, Handle parent, MemorySegment executable) {
    return new PjrtExecutable(api, handle(api, parent, executable), true);
  }

  private static Handle handle(Api api, Handle parent, MemorySegment executable) {
    return parent.child("PjrtExecutable", executable, dying -> destroy(api, dying));
  }

  private static void destroy(Api api, MemorySegment executable) {
    try (CallArena scratch = api.scratch()) {
      api.prepare(scratch, PjrtFunction.EXECUTABLE_DESTROY).set("executable", executable).invoke();
    }
  }

  private interface Query<T> {
    T of(Call answer);
  }

  private <T> T query(PjrtFunction function, Query<T> question) {
    MemorySegment executable = handle.enter();
    try (CallArena scratch = api.scratch()) {
      return question.of(api.prepare(scratch, function).set("executable", executable).invoke());
    } finally {
      handle.exit();
    }
  }

  MemorySegment enter() {
    return handle.enter();
  }

  void exit() {
    handle.exit();
  }

  Api api() {
    return api;
  }

  /**
   * The name of the program.
   *
   * @return the module's name
   * @throws IllegalStateException if the executable was closed
   */
  public String name() {
    return query(PjrtFunction.EXECUTABLE_NAME, answer -> answer.text("executable_name"));
  }

  /**
   * The number of copies that run.
   *
   * @return at least 1
   * @throws IllegalStateException if the executable was closed
   */
  public int replicas() {
    return query(
        PjrtFunction.EXECUTABLE_NUM_REPLICAS,
        answer -> Math.toIntExact(answer.number("num_replicas")));
  }

  /**
   * The number of devices over which each copy is split.
   *
   * @return at least 1
   * @throws IllegalStateException if the executable was closed
   */
  public int partitions() {
    return query(
        PjrtFunction.EXECUTABLE_NUM_PARTITIONS,
        answer -> Math.toIntExact(answer.number("num_partitions")));
  }

  /**
   * The number of results.
   *
   * @return at least 0
   * @throws IllegalStateException if the executable was closed
   */
  public int outputs() {
    return query(
        PjrtFunction.EXECUTABLE_NUM_OUTPUTS,
        answer -> Math.toIntExact(checked(answer.number("num_outputs"))));
  }

  private static long checked(long count) {
    if (count < 0 || count > MOST) {
      throw new PjrtException(
          PjrtCode.INTERNAL, "PJRT_Executable", "the plugin counts " + count + "; it is broken");
    }
    return count;
  }

  /**
   * The types of the results.
   *
   * @return the type of each result
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin refuses
   */
  public List<PjrtType> outputTypes() {
    return query(
        PjrtFunction.EXECUTABLE_OUTPUT_ELEMENT_TYPES,
        answer -> {
          long count = checked(answer.number("num_output_types"));
          List<PjrtType> types = new ArrayList<>();
          if (count > 0) {
            MemorySegment all =
                NativeMemory.at(answer.pointer("output_types"), count * Integer.BYTES);
            for (long i = 0; i < count; i++) {
              types.add(PjrtType.of(all.getAtIndex(ValueLayout.JAVA_INT, i)));
            }
          }
          return types;
        });
  }

  /**
   * The shapes of the results on one device; a split result has the shape of a shard.
   *
   * @return the shape of each result
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin refuses
   */
  public List<Shape> outputShapes() {
    return query(
        PjrtFunction.EXECUTABLE_OUTPUT_DIMENSIONS,
        answer -> {
          long[] ranks =
              NativeMemory.longs(
                  answer.pointer("dim_sizes"), checked(answer.number("num_outputs")));
          long total = 0;
          for (long rank : ranks) {
            total += checked(rank);
          }
          long[] all = NativeMemory.longs(answer.pointer("dims"), checked(total));
          List<Shape> shapes = new ArrayList<>();
          int at = 0;
          for (long rank : ranks) {
            shapes.add(Shape.of(Arrays.copyOfRange(all, at, at + (int) rank)));
            at += (int) rank;
          }
          return shapes;
        });
  }

  /**
   * The size of the machine code.
   *
   * @return bytes; -1 if the plugin does not know the size
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin refuses
   */
  public long codeBytes() {
    return query(
        PjrtFunction.EXECUTABLE_SIZE_OF_GENERATED_CODE_IN_BYTES,
        answer -> answer.number("size_in_bytes"));
  }

  /**
   * The compiler's estimates of a run's costs, such as {@code flops} and {@code bytes accessed}.
   *
   * @return numbers by name
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin has no such analysis
   */
  public Map<String, PjrtValue> costAnalysis() {
    return query(
        PjrtFunction.EXECUTABLE_GET_COST_ANALYSIS,
        answer ->
            Collections.unmodifiableMap(
                NamedValues.read(answer.pointer("properties"), answer.number("num_properties"))));
  }

  /**
   * The memory that a run needs on each device.
   *
   * @return bytes
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin has no such analysis
   */
  public CompiledMemory memory() {
    return query(
        PjrtFunction.EXECUTABLE_GET_COMPILED_MEMORY_STATS,
        answer ->
            new CompiledMemory(
                answer.number("generated_code_size_in_bytes"),
                answer.number("argument_size_in_bytes"),
                answer.number("output_size_in_bytes"),
                answer.number("alias_size_in_bytes"),
                answer.number("temp_size_in_bytes"),
                answer.number("peak_memory_in_bytes")));
  }

  /**
   * A text that is the same for two programs only if the programs are the same.
   *
   * @return some bytes as text
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin makes no fingerprint
   */
  public String fingerprint() {
    return query(
        PjrtFunction.EXECUTABLE_FINGERPRINT, answer -> answer.text("executable_fingerprint"));
  }

  /**
   * The kinds of memory of the results, such as {@code device}.
   *
   * @return the kind of each result
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin refuses
   */
  public List<String> outputMemoryKinds() {
    return query(
        PjrtFunction.EXECUTABLE_OUTPUT_MEMORY_KINDS,
        answer -> {
          long count = checked(answer.number("num_outputs"));
          long[] sizes = NativeMemory.longs(answer.pointer("memory_kind_sizes"), count);
          List<MemorySegment> kinds = NativeMemory.pointers(answer.pointer("memory_kinds"), count);
          List<String> texts = new ArrayList<>();
          for (int i = 0; i < kinds.size(); i++) {
            texts.add(NativeMemory.text(kinds.get(i), sizes[i]));
          }
          return texts;
        });
  }

  /**
   * The program after the compiler's passes.
   *
   * @return the plugin's name of the form, such as {@code hlo_with_config}, and the bytes
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin does not keep the program
   */
  public OptimizedProgram optimizedProgram() {
    MemorySegment executable = handle.enter();
    try (CallArena scratch = api.scratch()) {
      Fields program = api.allocate(scratch, Struct.PROGRAM);
      Call call =
          api.prepare(scratch, PjrtFunction.EXECUTABLE_OPTIMIZED_PROGRAM)
              .set("executable", executable)
              .set("program", program.segment())
              .invoke();
      // The first call returns the size; the second call fills the memory.
      long size = program.number("code_size");
      if (size < 0 || size > Integer.MAX_VALUE) {
        throw new PjrtException(
            PjrtCode.OUT_OF_RANGE,
            PjrtFunction.EXECUTABLE_OPTIMIZED_PROGRAM.symbol(),
            "expected at most 2 GiB, the program has " + size + " bytes");
      }
      MemorySegment code = scratch.allocate(Math.max(1, size));
      program.set("code", code);
      call.invoke();
      return new OptimizedProgram(program.text("format"), NativeMemory.bytes(code, size));
    } finally {
      handle.exit();
    }
  }

  /**
   * The collectives that the compiler chose, read from its HLO.
   *
   * @return the collectives in the order of the program; a collective in a loop's body is listed
   *     once, with its number of runs
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin keeps no HLO, or keeps it in a form that cannot be read
   */
  public List<CompiledCollective> collectives() {
    OptimizedProgram program = optimizedProgram();
    String function = PjrtFunction.EXECUTABLE_OPTIMIZED_PROGRAM.symbol();
    try {
      return HloCollectives.of(program.format(), program.code(), replicas() * partitions())
          .orElseThrow(
              () ->
                  new PjrtException(
                      PjrtCode.UNIMPLEMENTED,
                      function,
                      "expected a program in the form hlo, got " + program.format()));
    } catch (IllegalArgumentException e) {
      throw new PjrtException(
          PjrtCode.UNIMPLEMENTED, function, "the program's HLO cannot be read: " + e.getMessage());
    }
  }

  /**
   * The types of the program's parameters on one device, read from its HLO.
   *
   * @return the type of each parameter; empty if the plugin keeps no HLO, or a parameter is not a
   *     plain array
   * @throws IllegalStateException if the executable was closed
   */
  public Optional<List<ArrayType>> parameters() {
    return signature().parameters();
  }

  ProgramSignature signature() {
    try {
      OptimizedProgram program = optimizedProgram();
      return ProgramSignature.of(program.format(), program.code());
    } catch (PjrtException e) {
      return ProgramSignature.UNKNOWN;
    }
  }

  /**
   * The shardings of the parameters.
   *
   * @return the sharding of each parameter; empty if the plugin does not report them (before API
   *     0.91)
   * @throws IllegalStateException if the executable was closed
   * @throws IllegalArgumentException if a sharding has no tiles
   */
  public Optional<List<Sharding>> parameterShardings() {
    Optional<List<byte[]>> protos = shardings(0, "PJRT_Executable_ParameterShardings");
    Optional<List<ArrayType>> types = parameters();
    return protos.isPresent() && types.isPresent() && types.get().size() == protos.get().size()
        ? Optional.of(
            parsed(protos.get(), types.get().stream().map(type -> type.shape().rank()).toList()))
        : Optional.empty();
  }

  /**
   * The shardings of the results.
   *
   * @return the sharding of each result; empty if the plugin does not report them (before API 0.91)
   * @throws IllegalStateException if the executable was closed
   * @throws IllegalArgumentException if a sharding has no tiles
   */
  public Optional<List<Sharding>> outputShardings() {
    List<Integer> ranks = outputShapes().stream().map(Shape::rank).toList();
    return shardings(1, "PJRT_Executable_OutputShardings")
        .filter(protos -> protos.size() == ranks.size())
        .map(protos -> parsed(protos, ranks));
  }

  private List<Sharding> parsed(List<byte[]> protos, List<Integer> ranks) {
    int count = replicas() * partitions();
    List<Sharding> shardings = new ArrayList<>();
    for (int i = 0; i < protos.size(); i++) {
      shardings.add(Sharding.parse(protos.get(i), ranks.get(i), count));
    }
    return shardings;
  }

  private Optional<List<byte[]>> shardings(int function, String name) {
    Optional<MemorySegment> call = api.extensionFunction(SHARDINGS_EXTENSION, function);
    if (call.isEmpty()) {
      return Optional.empty();
    }
    MemorySegment executable = handle.enter();
    try (CallArena scratch = api.scratch()) {
      Fields arguments = api.allocate(scratch, Struct.SHARDINGS).set("executable", executable);
      api.invokeAt(call.get(), arguments.segment(), name);
      if (NativeMemory.isNull(arguments.pointer("shardings"))) {
        return Optional.empty();
      }
      long count = checked(arguments.number("count"));
      long[] sizes = NativeMemory.longs(arguments.pointer("sharding_sizes"), count);
      List<byte[]> protos = new ArrayList<>();
      for (MemorySegment proto : NativeMemory.pointers(arguments.pointer("shardings"), count)) {
        protos.add(NativeMemory.bytes(proto, sizes[protos.size()]));
      }
      return Optional.of(protos);
    } catch (PjrtException e) {
      return Optional.empty();
    } finally {
      handle.exit();
    }
  }

  /**
   * The program as bytes for {@link PjrtClient#load}: a header with a checksum and the versions of
   * the plugin, then the plugin's own bytes.
   *
   * @return bytes for the same build of the plugin and the same kind of devices
   * @throws IllegalStateException if the executable was closed
   * @throws PjrtException if the plugin refuses
   */
  public byte[] serialize() {
    byte[] program =
        query(
            PjrtFunction.EXECUTABLE_SERIALIZE,
            answer ->
                takeBytes(
                    answer.pointer("serialized_bytes"),
                    answer.number("serialized_bytes_size"),
                    answer.pointer("serialized_executable_deleter"),
                    answer.pointer("serialized_executable")));
    return SerializedProgram.around(program, SerializedProgram.maker(api));
  }

  /** Copies bytes that a plugin made, and lets the plugin free them. */
  static byte[] takeBytes(
      MemorySegment bytes, long size, MemorySegment deleter, MemorySegment owner) {
    try {
      return NativeMemory.bytes(bytes, size);
    } finally {
      if (!NativeMemory.isNull(deleter)) {
        delete(deleter, owner);
      }
    }
  }

  private static void delete(MemorySegment deleter, MemorySegment owner) {
    try {
      DELETER.invokeExact(deleter, owner);
    } catch (Throwable e) {
      throw new IllegalStateException("native call: " + e, e);
    }
  }

  /**
   * Releases the program; does nothing if the executable is already closed, or belongs to a {@link
   * PjrtLoadedExecutable}.
   */
  @Override
  public void close() {
    if (!ofLoaded) {
      handle.close();
    }
  }

  @Override
  public String toString() {
    return handle.isClosed() ? "PjrtExecutable, closed" : "PjrtExecutable " + name();
  }
}
