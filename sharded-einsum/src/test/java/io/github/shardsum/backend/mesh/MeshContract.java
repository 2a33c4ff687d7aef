package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.Reshard;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs on an engine that several processes may share; each process runs the same. Not a name
 * that Maven runs: {@code .ci/mpi} does, with as many processes as divide every mesh, and {@link
 * MeshBackendTest} in one process.
 */
class MeshContract {
  private static final Program LAYER =
      Program.parse(
          """
          program layer {
            input tokens: f32[G=7 S=5 M=6]
            input gate: f32[M=6 E=5]
            input wi: f32[E=5 M=6 H=4]
            logits = einsum(tokens, gate) {equation="G S M, M E -> G S E"}
            most = reduce_max(logits) {labels=["E"]}
            chosen = arg_max(logits) {label="E"}
            mask = one_hot(chosen) {label="E", size=5, dtype=f32}
            dispatched = einsum(mask, tokens) {equation="G S E, G S M -> E G M"}
            h = einsum(dispatched, wi) {equation="E G M, E M H -> E G H"}
            sum = reduce_sum(h) {labels=["E", "G"]}
            output h, sum, most
          }
          """);

  private static final Program LOOP =
      Program.parse(
          """
          program loop {
            input start: i64[a=5 b=4]
            input each: i64[t=3 b=4]
            input always: i64[a=5 c=3]
            last, all = scan(start, each, always) {count=3, label="t", reverse=true, carried=1, sequences=1, body=program round {
              input carried: i64[a=5 b=4]
              input row: i64[b=4]
              input same: i64[a=5 c=3]
              total = reduce_sum(same) {labels=["c"]}
              more = add(carried, total)
              next = add(more, row)
              index = iota() {type="i64[b=4]", label="b"}
              added = add(row, index)
              output next, added
            }}
            output last, all
          }
          """);

  private static final Program NEIGHBOURS =
      Program.parse(
          """
          program neighbours {
            input x: i64[n=29 m=5]
            input y: i64[n=17 m=5]
            moved = shift(x) {label="n", by=-3, fill=7}
            longer = pad(moved) {label="n", low=2, high=4, interior=1, fill=1}
            part = slice(longer) {label="n", from=3, to=62, step=2}
            both = concatenate(part, y) {label="n"}
            near = window(both) {label="n", window="w", size=3, stride=1, dilation=2}
            output near, both
          }
          """);

  private static final Program CHUNKS =
      Program.parse(
          """
          program chunks {
            input x: i64[n=101 m=5]
            sums = cumulative_sum(x) {label="n", exclusive=true, reverse=true}
            values, places = top_k(sums) {label="n", k=3, into="k"}
            place = arg_max(x) {label="n"}
            output sums, values, places, place
          }
          """);

  /** Of one to three axes and twelve devices, which 2, 3, 4 and 6 processes divide. */
  static List<Mesh> meshes() {
    return List.of(
        Mesh.parse("x=12"),
        Mesh.parse("x=4 y=3").withDevices(7, 2, 11, 0, 5, 9, 1, 10, 3, 8, 6, 4),
        Mesh.parse("x=2 y=3 z=2"));
  }

  private static List<Tensor> inputs(Program program) {
    Random random = new Random(3);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      int count = Math.toIntExact(input.type().shape().elementCount());
      double[] values = random.ints(count, -4, 5).asDoubleStream().toArray();
      inputs.add(Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype()));
    }
    return inputs;
  }

  private static void equal(Mesh mesh, Program program, Map<String, String> layouts) {
    Program annotated = Annotations.of(layouts).apply(program);
    List<Tensor> inputs = inputs(program);
    try (Collectives collectives = Collectives.open(mesh);
        Executable reference = new ReferenceBackend().compile(program);
        MeshExecutable sharded =
            MeshBackend.of(collectives, Kernels.none(), PlanOptions.defaults().withReplication())
                .compile(annotated)) {
      sharded.plan().certify();
      List<Tensor> expected = reference.run(inputs);
      equal(program, expected, sharded.run(inputs));
      equal(program, expected, shardByShard(sharded, inputs, collectives));
    }
  }

  private static List<Tensor> shardByShard(
      MeshExecutable sharded, List<Tensor> inputs, Collectives collectives) {
    List<ShardedTensor> shards = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      PlannedValue input = sharded.plan().plan().inputs().get(i);
      shards.add(ShardedTensor.of(inputs.get(i), input.layout(), collectives.devices()));
    }
    return sharded.runSharded(shards).stream()
        .map(result -> Reshard.gather(result, collectives))
        .toList();
  }

  private static void equal(Program program, List<Tensor> expected, List<Tensor> given) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(
          expected.get(i).toDoubleArray(),
          given.get(i).toDoubleArray(),
          program.outputs().get(i).name());
    }
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void aLayerHasTheBitsOfTheReference(Mesh mesh) {
    equal(mesh, LAYER, Map.of("tokens", "G@x", "dispatched", "E@x", "h", "E@x"));
    equal(mesh, LAYER, Map.of("tokens", "S@x", "h", "H@x"));
    equal(mesh, LAYER, Map.of("tokens", "M@x", "logits", "G@x", "most", "S@x"));
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void neighboursHaveTheBitsOfTheReference(Mesh mesh) {
    equal(mesh, NEIGHBOURS, Map.of("moved", "n@x", "near", "n@x"));
    equal(mesh, NEIGHBOURS, Map.of("moved", "n@x", "part", "n m@x", "near", "n@x"));
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void chunksHaveTheBitsOfTheReference(Mesh mesh) {
    equal(mesh, CHUNKS, Map.of("sums", "n@x m"));
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void aLoopHasTheBitsOfTheReference(Mesh mesh) {
    equal(mesh, LOOP, Map.of("start", "a@x", "always", "c@x"));
    equal(mesh, LOOP, Map.of("last", "b@x", "each", "b@x"));
  }

  /** Every communication, along one axis of the mesh, where the others are automatic. */
  private static Program members(MeshAxis axis) {
    return Program.parse(
        """
        program members {
          input x: f32[a=24 b=12]
          input w: bf16[b=12 c=3]
          y, sums, moved, best, rounds = manual(x, w) {axes=["AXIS"], in=["a@NAME b", "b@NAME c"], out=["a@NAME b", "b c | NAME", "a b@NAME", "b", "a@NAME b"], body=program member {
            input x: f32[a=A b=12]
            input w: bf16[b=B c=3]
            index = axis_index {axis="AXIS"}
            place = convert(index) {dtype=f32}
            y = multiply(x, place)
            all = all_gather(w) {axes=["AXIS"], label="b"}
            sums = reduce_scatter(all) {axes=["AXIS"], label="b"}
            whole = all_gather(sums) {axes=["AXIS"], label="b"}
            total = all_reduce(all) {axes=["AXIS"], by=sum}
            added = add(whole, total)
            moved = all_to_all(x) {axes=["AXIS"], from="a", to="b"}
            most = reduce_max(x) {labels=["a"]}
            best = all_reduce(most) {axes=["AXIS"], by=max}
            next = permute(x) {axes=["AXIS"], by=1, wraps=false}
            own = own_chunk(moved) {axes=["AXIS"], label="a"}
            last, stacked = scan(next) {count=2, label="t", reverse=false, carried=1, sequences=0, body=program round {
              input carried: f32[a=A b=12]
              next = permute(carried) {axes=["AXIS"], by=-1, wraps=true}
              doubled = add(next, next)
              one = reduce_sum(next) {labels=["a"]}
              output doubled, one
            }}
            output y, added, moved, best, last
          }}
          output y, sums, moved, best, rounds
        }
        """
            .replace("A b", 24 / axis.size() + " b")
            .replace("B c", 12 / axis.size() + " c")
            .replace("AXIS", axis.name() + "=" + axis.size())
            .replace("NAME", axis.name()));
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void regionsHaveTheBitsOfTheReference(Mesh mesh) {
    for (MeshAxis axis : mesh.axes()) {
      String other = mesh.axisNames().getLast();
      equal(mesh, members(axis), Map.of());
      equal(mesh, members(axis), Map.of("x", "a b@" + other, "w", "b@" + other + " c"));
    }
  }
}
