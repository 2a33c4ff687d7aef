package io.github.shardsum.pjrt;

import io.github.shardsum.tensor.Tensor;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * Everything that is known to end, or might end, a process with a plugin in it. A process of its
 * own runs them one after the other and says what came of each, so that the last one it names is
 * the one that ended it.
 */
final class CrashProbes {
  private static final String MARK = ChildJvm.MARK;

  private static final String ADD =
      "func.func @main(%a: tensor<3xf32>, %b: tensor<3xf32>) -> tensor<3xf32> {\n"
          + "  %0 = stablehlo.add %a, %b : tensor<3xf32>\n  return %0 : tensor<3xf32>\n}";

  /** Gives its first argument's memory away. */
  private static final String DONATING =
      ADD.replace("%a: tensor<3xf32>", "%a: tensor<3xf32> {tf.aliasing_output = 0 : i32}");

  private final Map<String, Attempt> all = new LinkedHashMap<>();

  private CrashProbes() {}

  /** Something that must end in an exception, or in order. */
  interface Attempt {
    void run() throws Exception;
  }

  /**
   * Runs all attempts on one plugin.
   *
   * @param arguments {@code cpu} or {@code tpu}, and the plugin
   */
  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PjrtPlugin plugin = PjrtPlugin.open(Path.of(arguments[1]));
    CrashProbes attempts = new CrashProbes();
    if (arguments[0].equals("tpu")) {
      attempts.topologies(plugin);
    } else {
      PjrtClient client =
          plugin.createClient(
              ClientOptions.defaults().withOptions(PjrtOptions.none().with("cpu_device_count", 2)));
      attempts.arrays(client);
      attempts.runs(client, plugin);
      SeveralDevicesProbes.addTo(attempts.all, client);
      attempts.programs(client);
      attempts.strange(client);
    }
    attempts.all.forEach((name, attempt) -> say(out, name, attempt));
    out.println(MARK + "end");
    Runtime.getRuntime().halt(0);
  }

  private static void say(PrintStream out, String name, Attempt attempt) {
    out.println(MARK + "begin\t" + name);
    String outcome = "in order";
    try {
      attempt.run();
    } catch (IllegalArgumentException | IllegalStateException | PjrtException e) {
      outcome = e.getClass().getSimpleName() + ": " + e.getMessage();
    } catch (Exception | Error e) {
      outcome = "WRONG KIND " + e;
    }
    out.println(MARK + "end\t" + name + "\t" + outcome.replaceAll("\\s+", " "));
  }

  private static PjrtBuffer put(PjrtClient client, float... values) {
    return client.bufferFrom(Tensor.of(values, values.length), client.devices().getFirst());
  }

  private void arrays(PjrtClient client) {
    PjrtDevice device = client.devices().getFirst();
    all.put(
        "an array of no elements and a huge axis",
        () ->
            client
                .bufferFrom(new byte[0], PjrtType.F32, new long[] {0, 1L << 40}, device)
                .toBytes());
    long[] ones = new long[200];
    Arrays.fill(ones, 1);
    all.put(
        "an array of 200 axes",
        () -> client.bufferFrom(new byte[4], PjrtType.F32, ones, device).toBytes());
    all.put(
        "an array without a type",
        () -> client.bufferFrom(new byte[0], PjrtType.INVALID, new long[] {1}, device));
    all.put(
        "a device of another client",
        () -> {
          try (PjrtClient other = client.plugin().createClient()) {
            client.bufferFrom(Tensor.of(new float[1], 1), other.devices().getFirst());
          }
        });
    all.put("a device that is not there", () -> client.device(Integer.MAX_VALUE));
    all.put("a local device that is not there", () -> client.addressableDevice(-5));
    all.put("a copy to the device it is on", () -> put(client, 1).copyTo(device).toTensor());
    for (PjrtMemory memory : client.devices().getLast().memories()) {
      all.put(
          "a copy to the other device's memory " + memory.kind(),
          () -> put(client, 1).copyTo(memory).toTensor());
    }
    all.put(
        "a buffer deleted twice",
        () -> {
          PjrtBuffer buffer = put(client, 1);
          buffer.delete();
          buffer.delete();
          buffer.onDeviceBytes();
        });
    all.put(
        "what is left of a deleted buffer",
        () -> {
          PjrtBuffer buffer = put(client, 1);
          buffer.delete();
          buffer.shape();
          buffer.type();
          buffer.device();
          buffer.memory();
          buffer.isOnCpu();
          buffer.onDeviceBytes();
        });
  }

  private void runs(PjrtClient client, PjrtPlugin plugin) {
    PjrtLoadedExecutable add = client.compile(ADD, PjrtCompileOptions.defaults());
    PjrtLoadedExecutable donating = client.compile(DONATING, PjrtCompileOptions.defaults());
    all.put("too few arguments", () -> add.run(put(client, 1, 2, 3)));
    all.put("no arguments", add::run);
    all.put("an argument of another shape", () -> add.run(put(client, 1, 2), put(client, 1, 2, 3)));
    all.put(
        "an argument that was closed",
        () -> {
          PjrtBuffer closed = put(client, 1, 2, 3);
          closed.close();
          add.run(closed, closed);
        });
    all.put(
        "an argument that was deleted",
        () -> {
          PjrtBuffer deleted = put(client, 1, 2, 3);
          deleted.delete();
          add.run(deleted, deleted);
        });
    all.put(
        "an argument given away and read in one run",
        () -> {
          PjrtBuffer both = put(client, 1, 2, 3);
          donating.run(both, both).getFirst().toTensor();
        });
    all.put(
        "an argument given away twice",
        () -> {
          PjrtBuffer first = put(client, 1, 2, 3);
          PjrtBuffer second = put(client, 1, 2, 3);
          donating.run(first, second).getFirst().toTensor();
          donating.run(first, second);
        });
    all.put(
        "an argument of another client",
        () -> {
          try (PjrtClient other = plugin.createClient()) {
            add.run(put(other, 1, 2, 3), put(other, 1, 2, 3));
          }
        });
    all.put(
        "an argument on another device",
        () -> {
          PjrtBuffer there =
              client.bufferFrom(Tensor.of(new float[3], 3), client.devices().getLast());
          add.run(there, there).getFirst().toTensor();
        });
    all.put(
        "a program after its client",
        () -> {
          PjrtClient other = plugin.createClient();
          PjrtLoadedExecutable program = other.compile(ADD, PjrtCompileOptions.defaults());
          PjrtBuffer in = put(other, 1, 2, 3);
          other.close();
          program.run(in, in);
        });
  }

  private static void compile(PjrtClient client, String text) {
    try (PjrtLoadedExecutable program = client.compile(text, PjrtCompileOptions.defaults())) {
      if (program.executable().parameters().map(List::isEmpty).orElse(false)) {
        program.run().forEach(PjrtBuffer::toBytes);
      }
    }
  }

  private static String returning(String type, String operation) {
    return "func.func @main() -> "
        + type
        + " {\n  "
        + operation
        + "\n  return %0 : "
        + type
        + "\n}";
  }

  private void programs(PjrtClient client) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("no function main", "module {}");
    texts.put("another function only", ADD.replace("@main", "@other"));
    texts.put("zeros in the text", "module {\0\0}");
    texts.put("a text that does not end", ADD.substring(0, ADD.length() - 20));
    texts.put("ten thousand brackets", "(".repeat(10_000));
    texts.put("an unknown dialect", returning("tensor<f32>", "%0 = nope.thing : tensor<f32>"));
    texts.put(
        "a sharding over no mesh",
        ADD.replace(
            "%a: tensor<3xf32>", "%a: tensor<3xf32> {sdy.sharding = #sdy.sharding<@no, [{}]>}"));
    texts.put(
        "an unknown custom call",
        returning("tensor<f32>", "%0 = stablehlo.custom_call @no_such_name() : () -> tensor<f32>"));
    texts.put(
        "a result that no memory holds",
        returning(
            "tensor<1000000x1000000x100xf32>",
            "%0 = stablehlo.iota dim = 0 : tensor<1000000x1000000x100xf32>"));
    texts.put(
        "a result beyond 2^63 bytes",
        returning(
            "tensor<4000000000x4000000000xf32>",
            "%0 = stablehlo.iota dim = 0 : tensor<4000000000x4000000000xf32>"));
    texts.put(
        "a result of 4 bits",
        returning("tensor<8xi4>", "%0 = stablehlo.constant dense<1> : tensor<8xi4>"));
    texts.put(
        "a token as result",
        returning("!stablehlo.token", "%0 = stablehlo.create_token : !stablehlo.token"));
    texts.put(
        "an unknown size",
        "func.func @main(%a: tensor<?xf32>) -> tensor<?xf32> { return %a : tensor<?xf32> }");
    texts.put(
        "a bounded size",
        "func.func @main(%a: tensor<?xf32, #stablehlo.bounds<8>>) -> tensor<?xf32, #stablehlo.bounds<8>> { return %a : tensor<?xf32, #stablehlo.bounds<8>> }");
    texts.put(
        "a tuple",
        "func.func @main(%a: tuple<tensor<3xf32>>) -> tensor<f32> { %0 = stablehlo.constant dense<1.0> : tensor<f32>\n return %0 : tensor<f32> }");
    texts.put(
        "an algorithm of a product",
        "func.func @main(%a: tensor<2x2xf32>) -> tensor<2x2xf32> { %0 = stablehlo.dot_general %a, %a, contracting_dims = [1] x [0], algorithm = <lhs_precision_type = bf16, rhs_precision_type = bf16, accumulation_type = f32, lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1, allow_imprecise_accumulation = false> : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>\n return %0 : tensor<2x2xf32> }");
    // Those of 0.81 and 0.106 divide while they compile, which ends their process, and nothing here
    // can see that before (docs/adr/0009-pjrt.md).
    if (client.plugin().apiVersion().minor() > 106) {
      texts.put(
          "integers over zero",
          returning(
              "tensor<i32>",
              "%a = stablehlo.constant dense<7> : tensor<i32>\n %b = stablehlo.constant dense<0> : tensor<i32>\n %0 = stablehlo.divide %a, %b : tensor<i32>"));
    }
    texts.put("a long chain", chain(5000));
    texts.put("modules in modules", "module {\n".repeat(20_000) + "}\n".repeat(20_000));
    texts.put(
        "lists in lists", "module attributes {a.b = " + "[".repeat(900) + "]".repeat(900) + "} {}");
    texts.put(
        "a wait without a partner",
        "func.func @main() { %t = stablehlo.create_token : !stablehlo.token\n %0:2 = \"stablehlo.infeed\"(%t) : (!stablehlo.token) -> (tensor<f32>, !stablehlo.token)\n return }");
    all.put("a long chain on a small stack", () -> onSmallStack(client, chain(5000)));
    texts.forEach((name, text) -> all.put(name, () -> compile(client, text)));
  }

  /** A thread's stack may be as small as its maker likes. */
  private static void onSmallStack(PjrtClient client, String text) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Runnable work =
        () -> {
          try {
            compile(client, text);
            done.complete(null);
          } catch (Throwable e) {
            done.completeExceptionally(e);
          }
        };
    new Thread(null, work, "small", 256 << 10).start();
    done.get();
  }

  private static String chain(int length) {
    StringBuilder text =
        new StringBuilder("func.func @main(%v0: tensor<3xf32>) -> tensor<3xf32> {\n");
    for (int i = 1; i <= length; i++) {
      text.append(
          String.format(Locale.ROOT, "%%v%d = stablehlo.sine %%v%d : tensor<3xf32>\n", i, i - 1));
    }
    return text.append("return %v").append(length).append(" : tensor<3xf32>\n}").toString();
  }

  private void strange(PjrtClient client) {
    PjrtCompileOptions plain = PjrtCompileOptions.defaults();
    all.put(
        "an unknown flag",
        () -> client.compile(ADD, plain.withFlag("xla_no_such_name", PjrtValue.of(true))));
    all.put(
        "a flag of another type",
        () -> client.compile(ADD, plain.withFlag("xla_cpu_enable_fast_math", PjrtValue.of("x"))));
    all.put(
        "more partitions than devices",
        () -> client.compile(ADD, PjrtCompileOptions.partitioned(3)));
    all.put(
        "an assignment to no device",
        () -> client.compile(ADD, plain.withAssignment(List.of(List.of(77)))));
    String tiled =
        ADD.replace(
            "%a: tensor<3xf32>", "%a: tensor<3xf32> {mhlo.sharding = \"{devices=[2]<=[2]}\"}");
    all.put(
        "GSPMD's shardings for Shardy",
        () -> client.compile(tiled, PjrtCompileOptions.partitioned(2)).close());
    all.put(
        "GSPMD's shardings for GSPMD",
        () -> client.compile(tiled, PjrtCompileOptions.partitioned(2).withShardy(false)).close());
    byte[] noise = new byte[5000];
    new Random(5).nextBytes(noise);
    all.put("noise as HLO", () -> client.compile(noise, PjrtProgramFormat.HLO, plain));
    all.put(
        "an empty message as HLO",
        () -> client.compile(new byte[] {8, 1}, PjrtProgramFormat.HLO, plain));
    all.put("noise as text", () -> client.compile(noise, PjrtProgramFormat.MLIR, plain));
    byte[] bytecode = noise.clone();
    System.arraycopy(new byte[] {'M', 'L', (byte) 0xef, 'R'}, 0, bytecode, 0, 4);
    all.put("noise as bytecode", () -> client.compile(bytecode, PjrtProgramFormat.MLIR, plain));
    all.put("noise as a serialized program", () -> client.load(noise));
    all.put("nothing as a serialized program", () -> client.load(new byte[0]));
    all.put(
        "a serialized program with one bit changed",
        () -> {
          byte[] whole = client.compile(ADD, plain).executable().serialize();
          whole[whole.length / 3] ^= 1;
          client.load(whole);
        });
    all.put(
        "half of a serialized program",
        () -> {
          byte[] whole = client.compile(ADD, plain).executable().serialize();
          client.load(Arrays.copyOf(whole, whole.length / 2));
        });
    all.put(
        "1024 devices",
        () ->
            client
                .plugin()
                .createClient(
                    ClientOptions.defaults()
                        .withOptions(PjrtOptions.none().with("cpu_device_count", 1024)))
                .close());
    all.put(
        "an option that is unknown",
        () ->
            client
                .plugin()
                .createClient(
                    ClientOptions.defaults()
                        .withOptions(PjrtOptions.none().with("no_such_name", PjrtValue.of("x"))))
                .close());
    all.put("a topology", () -> client.plugin().topology("v5e:2x2").close());
    all.put("noise as a topology", () -> client.plugin().loadTopology(noise).close());
    all.put("nothing as a topology", () -> client.plugin().loadTopology(new byte[0]).close());
  }

  private void topologies(PjrtPlugin plugin) {
    for (String name :
        List.of(
            "",
            "x",
            "v5e",
            "v5e:",
            "v5e:0x0",
            "v5e:1x1x1x1x1",
            "v5e:99999x99999",
            "v5e:20000x20000",
            "v4:512x512x512",
            "v4:1x1x1",
            "v4:3x3x3",
            "v6e:2x2_twisted",
            "v5p:4x4x8_untwisted",
            "v5e:4294967297x1",
            "v5e-0",
            "v5e-3",
            "v6e-100000",
            "tpu7x:1x1x1",
            "\u00e9:2x2",
            "v5e:2x2\0")) {
      all.put("topology " + name.replace("\0", "<0>"), () -> plugin.topology(name).close());
    }
    Map<String, PjrtOptions> options = new LinkedHashMap<>();
    PjrtOptions none = PjrtOptions.none();
    options.put("unknown", none.with("no_such_name", 1));
    options.put(
        "huge hosts", none.with("chips_per_host_bounds", PjrtValue.of(1000L, 1000L, 1000L)));
    options.put("uneven hosts", none.with("chips_per_host_bounds", PjrtValue.of(3L, 1L, 1L)));
    options.put("strange wrap", none.with("wrap", PjrtValue.of(7L, -1L, 9L)));
    options.put("many slices", none.with("num_slices", 1_000_000));
    options.put("two slices", none.with("num_slices", 2));
    options.forEach(
        (name, option) ->
            all.put("option " + name, () -> plugin.topology("v5e:4x4", option).close()));
    byte[] noise = new byte[500];
    new Random(5).nextBytes(noise);
    all.put("noise as a topology", () -> plugin.loadTopology(noise).close());
    all.put("nothing as a topology", () -> plugin.loadTopology(new byte[0]).close());
    all.put("one byte as a topology", () -> plugin.loadTopology(new byte[] {0}).close());
    PjrtTopology small = plugin.topology("v6e:2x2");
    PjrtCompileOptions plain = PjrtCompileOptions.defaults();
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("no function main", "module {}");
    texts.put("nonsense", "nonsense");
    texts.put("ten thousand brackets", "(".repeat(10_000));
    texts.put(
        "an unknown custom call",
        returning("tensor<f32>", "%0 = stablehlo.custom_call @no_such_name() : () -> tensor<f32>"));
    texts.put("f64", ADD.replace("f32", "f64"));
    texts.put("complex", ADD.replace("f32", "complex<f64>"));
    texts.put("4 bits", ADD.replace("f32", "i4"));
    texts.put("no elements", ADD.replace("3xf32", "0xf32"));
    texts.put(
        "a token", returning("!stablehlo.token", "%0 = stablehlo.create_token : !stablehlo.token"));
    texts.put(
        "an unknown size",
        "func.func @main(%a: tensor<?xf32>) -> tensor<?xf32> { return %a : tensor<?xf32> }");
    texts.put(
        "beyond 2^63 bytes",
        returning(
            "tensor<4000000000x4000000000xf32>",
            "%0 = stablehlo.iota dim = 0 : tensor<4000000000x4000000000xf32>"));
    texts.forEach(
        (name, text) ->
            all.put("ahead of time: " + name, () -> small.compile(text, plain).close()));
    all.put(
        "ahead of time: an unknown flag",
        () -> small.compile(ADD, plain.withFlag("xla_no_such_name", PjrtValue.of(true))).close());
    all.put(
        "ahead of time: a flag of another type",
        () ->
            small
                .compile(
                    ADD,
                    plain.withFlag("xla_tpu_enable_async_collective_fusion", PjrtValue.of("x")))
                .close());
    all.put(
        "ahead of time: more partitions than devices",
        () -> small.compile(ADD, PjrtCompileOptions.partitioned(5)).close());
    all.put(
        "ahead of time: an assignment to no device",
        () -> small.compile(ADD, plain.withAssignment(List.of(List.of(77)))).close());
    all.put(
        "ahead of time: an assignment to a negative device",
        () -> small.compile(ADD, plain.withAssignment(List.of(List.of(-1)))).close());
    all.put(
        "ahead of time: noise as HLO",
        () -> small.compile(noise, PjrtProgramFormat.HLO, plain).close());
    all.put(
        "ahead of time: three of four devices",
        () -> small.compile(ADD, PjrtCompileOptions.partitioned(3)).close());
    all.put("a client", () -> plugin.createClient().close());
  }
}
