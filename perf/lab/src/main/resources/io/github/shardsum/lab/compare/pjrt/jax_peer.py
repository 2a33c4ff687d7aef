"""A peer of the PJRT measurements: JAX einsums on the plugin that the environment names, a line in, a line out.

Argument: a folder for the operands, the program as StableHLO and the result.
"""
import sys
import time

folder, answers = sys.argv[1], sys.stdout
sys.stdout = sys.stderr


def say(text):
    answers.write(text + "\n")
    answers.flush()


def prepare(equation, *shapes):
    random = numpy.random.default_rng(2006)
    arrays = []
    for i, shape in enumerate(shapes):
        values = random.standard_normal([int(n) for n in shape.split(",")], dtype=numpy.float32)
        numpy.save(f"{folder}/{i}.npy", values)
        arrays.append(jax.device_put(values))
    compiled = jax.jit(lambda *x: jax.numpy.einsum(equation, *x))
    with open(f"{folder}/program.mlir", "w") as file:
        file.write(compiled.lower(*arrays).as_text())
    numpy.save(f"{folder}/result.npy", numpy.asarray(compiled(*arrays)))
    return compiled, arrays


class Loaded:
    """A program of text with a compiled copy on so many devices, every argument whole on each."""

    def __init__(self, count, devices):
        from jax._src import compiler
        from jax._src.interpreters import mlir
        from jax._src.lib import xla_client
        from jaxlib.mlir import ir
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        chosen = jax.devices()[:devices]
        options = compiler.get_compile_options(
            1, devices, device_assignment=numpy.arange(devices).reshape(1, devices))
        build = options.executable_build_options
        build.use_spmd_partitioning = devices > 1
        build.use_shardy_partitioner = devices > 1
        with mlir.make_ir_context():
            module = ir.Module.parse(open(f"{folder}/program.mlir").read())
            self.program = compiler.backend_compile_and_load(
                chosen[0].client, module, xla_client.DeviceList(tuple(chosen)), options, [])
        whole = NamedSharding(Mesh(numpy.array(chosen), ("x",)), PartitionSpec())
        self.arguments = [
            jax.device_put(numpy.load(f"{folder}/{i}.npy"), whole) for i in range(count)]
        first = self()
        numpy.save(f"{folder}/result.npy", numpy.asarray(first[0][0]))

    def __call__(self):
        results = self.program.execute_sharded(self.arguments)
        arrays = results.disassemble_into_single_device_arrays()
        for output in arrays:
            for shard in output:
                shard.block_until_ready()
        return arrays


try:
    import jax

    # Arguments of f64 and i64 keep their type.
    jax.config.update("jax_enable_x64", True)
    if len(sys.argv) > 2:
        from jax._src import xla_bridge

        # In place of what the environment would register, to say how many devices there are.
        xla_bridge.register_plugin(
            "shardsum", library_path=sys.argv[2], options={"cpu_device_count": int(sys.argv[3])})
    import numpy

    say(f"JAX {jax.__version__} on {jax.devices()[0].client.platform_version}".replace("\n", " "))
    for line in sys.stdin:
        what, *rest = line.split()
        if what == "prepare":
            compiled, arrays = prepare(*rest)
            run = lambda: compiled(*arrays).block_until_ready()
            say("ready")
        elif what == "load":
            run = Loaded(*map(int, rest))
            say("ready")
        else:
            begin = time.perf_counter()
            for _ in range(int(rest[0])):
                run()
            say(repr(time.perf_counter() - begin))
except Exception as e:
    say(f"error {type(e).__name__}: {e}".replace("\n", " "))
