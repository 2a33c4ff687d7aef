package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.Struct;
import io.github.shardsum.internal.pjrt.host.FatalProgramText;
import io.github.shardsum.internal.pjrt.host.FatalTensorTypes;
import io.github.shardsum.internal.pjrt.host.LargeStackThread;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtProgramFormat;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A program and its compile options, in the form that the C API takes, and the call that compiles.
 *
 * @param code text or bytes
 * @param format the plugin's name of the form
 * @param options a serialized CompileOptionsProto
 */
public record CompileCall(byte[] code, String format, byte[] options) {
  public CompileCall {
    if (code.length == 0) {
      throw new IllegalArgumentException("program: expected StableHLO or HLO, got nothing");
    }
  }

  public static CompileCall of(String mlir, PjrtCompileOptions options) {
    return of(mlir.getBytes(StandardCharsets.UTF_8), PjrtProgramFormat.MLIR, options);
  }

  public static CompileCall of(byte[] code, PjrtProgramFormat format, PjrtCompileOptions options) {
    if (format == PjrtProgramFormat.MLIR) {
      String text = new String(code, StandardCharsets.ISO_8859_1);
      FatalTensorTypes.check(text);
      FatalProgramText.check(text);
      checkShardings(text, options);
    }
    return new CompileCall(code, format.toString(), options.toBytes());
  }

  /**
   * Refuses a text with shardings only in GSPMD's form, on which Shardy of XLA CPU 0.115 ends the
   * process.
   */
  private static void checkShardings(String text, PjrtCompileOptions options) {
    if (options.shardy() && text.contains("mhlo.sharding") && !text.contains("sdy.")) {
      throw new IllegalArgumentException(
          "program: it has shardings as mhlo.sharding and none of Shardy's; compile it with"
              + " PjrtCompileOptions.withShardy(false)");
    }
  }

  /** Compiles for a client's devices. */
  public MemorySegment loaded(Api api, MemorySegment client) {
    return LargeStackThread.call(
        "pjrt compile", () -> compile(api, PjrtFunction.CLIENT_COMPILE, "client", client));
  }

  /** Compiles ahead of time. */
  public MemorySegment ahead(Api api, MemorySegment topology) {
    return LargeStackThread.call(
        "pjrt compile", () -> compile(api, PjrtFunction.COMPILE, "topology", topology));
  }

  private MemorySegment compile(
      Api api, PjrtFunction function, String field, MemorySegment target) {
    try (CallArena scratch = api.scratch()) {
      return arguments(api, scratch, function).set(field, target).invoke().pointer("executable");
    }
  }

  private Call arguments(Api api, CallArena scratch, PjrtFunction function) {
    byte[] name = format.getBytes(StandardCharsets.UTF_8);
    Fields program =
        api.allocate(scratch, Struct.PROGRAM)
            .set("code", terminated(scratch))
            .set("code_size", code.length)
            .set("format", NativeMemory.copy(scratch, name))
            .set("format_size", name.length);
    return api.prepare(scratch, function)
        .set("program", program.segment())
        .set("compile_options", NativeMemory.copy(scratch, options))
        .set("compile_options_size", options.length);
  }

  /**
   * The program, followed by a zero: MLIR's lexer stops at the zero, not at the given size, and
   * would otherwise read beyond the end.
   */
  private MemorySegment terminated(CallArena scratch) {
    MemorySegment copy = scratch.allocate(code.length + 1L, 1);
    MemorySegment.copy(MemorySegment.ofArray(code), 0, copy, 0, code.length);
    return copy;
  }
}
