"""A peer of Shardsum's benchmark: times einsums, one JSON object a line in, one out.

Arguments: numpy, torch, tblis or faiss, then the number of threads (which the environment has to name as well, before any import).
"""
import json
import sys
import time

STEP = 1 << 20  # elements made at a time: the generator needs temporaries


def main():
    which, threads = sys.argv[1], int(sys.argv[2])
    answer = sys.stdout
    sys.stdout = sys.stderr  # what a library prints must not reach the protocol
    try:
        run = start(which, threads)
    except Exception as e:  # an import can fail in any way
        say(answer, {"error": "%s: %s" % (type(e).__name__, e)})
        return
    say(answer, {"version": run.version, "kernel": run.kernel})
    for line in sys.stdin:
        try:
            say(answer, run(json.loads(line)))
        except Exception as e:
            say(answer, {"error": "%s: %s" % (type(e).__name__, e)})


def say(stream, answer):
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


def start(which, threads):
    import numpy

    if which == "numpy":
        return Peer(numpy, numpy.__version__, openblas_kernel(), lambda x: x, numpy_call(numpy), lambda x: x)
    if which == "tblis":
        import importlib.metadata
        import pytblis

        pytblis.set_num_threads(threads)
        version = importlib.metadata.version("pytblis")
        return Peer(numpy, version, "", lambda x: x, tblis_call(numpy, pytblis), lambda x: x)
    if which == "faiss":
        import faiss

        faiss.omp_set_num_threads(threads)
        return FlatIndex(numpy, faiss)
    if which != "torch":
        raise ValueError("the library must be numpy, torch, tblis or faiss, got " + which)
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    kernel = torch.backends.cpu.get_cpu_capability()
    return Peer(numpy, torch.__version__, kernel, torch.from_numpy, torch_call(torch), lambda x: x.numpy())


def openblas_kernel():
    """The kernels of the OpenBLAS that NumPy has loaded; empty where it has another library, or the system does not tell."""
    import ctypes

    try:
        with open("/proc/self/maps") as maps:
            files = {line.split()[-1] for line in maps if "openblas" in line}
    except OSError:
        return ""
    for file in sorted(files):
        library = ctypes.CDLL(file)
        for name in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename64_", "openblas_get_corename"):
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype = ctypes.c_char_p
                return function().decode()
    return ""


def numpy_call(numpy):
    def call(equation, operands):
        return numpy.ascontiguousarray(numpy.einsum(equation, *operands, optimize=True))

    return call


def tblis_call(numpy, pytblis):
    def call(equation, operands):
        return numpy.ascontiguousarray(pytblis.einsum(equation, *operands))

    return call


def torch_call(torch):
    def call(equation, operands):
        return torch.einsum(equation, *operands).contiguous()

    return call


class Peer:
    def __init__(self, numpy, version, kernel, wrap, call, unwrap):
        self.numpy, self.version, self.kernel = numpy, version, kernel
        self.wrap, self.call, self.unwrap = wrap, call, unwrap

    def __call__(self, request):
        if request["op"] == "prepare":
            return self.prepare(request)
        equation, operands, call = self.equation, self.operands, self.call
        begin = time.perf_counter()
        for _ in range(request["calls"]):
            call(equation, operands)
        return {"seconds": time.perf_counter() - begin}

    def prepare(self, request):
        self.operands = None
        self.equation = request["equation"]
        names = {"f32": "float32", "f64": "float64", "i32": "int32", "i64": "int64"}
        dtype = self.numpy.dtype(names[request["dtype"]])
        self.operands = [
            self.wrap(values(self.numpy, index, shape, dtype)) for index, shape in enumerate(request["shapes"])
        ]
        result = self.unwrap(self.call(self.equation, self.operands)).reshape(-1)
        return {"values": [float(result[i]) for i in request["samples"]]}


class FlatIndex:
    """The best document of each query; all scores, to be checked, by a search for as many as there are."""

    def __init__(self, numpy, faiss):
        self.numpy, self.faiss, self.version, self.kernel = numpy, faiss, faiss.__version__, ""

    def __call__(self, request):
        if request["op"] == "prepare":
            return self.prepare(request)
        index, queries = self.index, self.queries
        begin = time.perf_counter()
        for _ in range(request["calls"]):
            index.search(queries, 1)
        return {"seconds": time.perf_counter() - begin}

    def prepare(self, request):
        numpy = self.numpy
        (n, d), other = request["shapes"]
        dtype = numpy.dtype("float32")
        self.index = self.faiss.IndexFlatIP(d)
        self.index.add(values(numpy, 0, (n, d), dtype))
        self.queries = values(numpy, 1, other, dtype).reshape(-1, d)
        found, places = self.index.search(self.queries, n)
        scores = numpy.empty((len(self.queries), n), dtype)
        numpy.put_along_axis(scores, places, found, 1)
        result = scores.T.reshape(-1)
        return {"values": [float(result[i]) for i in request["samples"]]}


def values(numpy, operand, shape, dtype):
    """Numbers in [-1, 1), integers in [-8, 8), a hash of operand and index: the same as Shardsum's own."""
    size = 1
    for n in shape:
        size *= n
    result = numpy.empty(size, dtype)
    for start in range(0, size, STEP):
        x = numpy.arange(start, min(start + STEP, size), dtype=numpy.uint64).astype(numpy.uint32)
        x = (x + numpy.uint32(operand * 0x632BE5AB & 0xFFFFFFFF)) * numpy.uint32(0x9E3779B1)
        x ^= x >> numpy.uint32(15)
        x *= numpy.uint32(0x85EBCA77)
        x ^= x >> numpy.uint32(13)
        numbers = (x >> numpy.uint32(8)).astype(numpy.float64) * 2.0**-23 - 1
        result[start : start + x.size] = numpy.floor(8 * numbers) if dtype.kind == "i" else numbers
    return result.reshape(shape)


main()
