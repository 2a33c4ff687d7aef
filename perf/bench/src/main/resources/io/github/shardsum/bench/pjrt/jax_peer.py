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


try:
    import jax
    import numpy

    say(f"JAX {jax.__version__} on {jax.devices()[0].client.platform_version}".replace("\n", " "))
    for line in sys.stdin:
        what, *rest = line.split()
        if what == "prepare":
            compiled, arrays = prepare(*rest)
            say("ready")
        else:
            begin = time.perf_counter()
            for _ in range(int(rest[0])):
                compiled(*arrays).block_until_ready()
            say(repr(time.perf_counter() - begin))
except Exception as e:
    say(f"error {type(e).__name__}: {e}".replace("\n", " "))
