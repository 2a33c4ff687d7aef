"""NumPy's side of EverydayComparison: each operation by name; a line in, a line out.

Argument: the size n of the square operands. Results are written into given arrays where NumPy can.
"""
import sys
import time

answers = sys.stdout
sys.stdout = sys.stderr


def say(text):
    answers.write(text + "\n")
    answers.flush()


def calls(np, n):
    rng = np.random.default_rng(1)
    x = rng.random((n, n), dtype=np.float32)
    y = rng.random((n, n), dtype=np.float32)
    o = np.empty((n, n), np.float32)
    b = np.empty((n, n), np.bool_)
    row = np.empty(n * n, np.float32)
    mask = rng.random((n, n)) > 0.5
    order = rng.permutation(n)
    half = np.arange(n) % 2 == 0
    halves = np.empty((n // 2, n), np.float32)
    twice = np.empty((2 * n, n), np.float32)
    both = np.empty((2, n, n), np.float32)
    classes = rng.integers(0, n, n)
    two = np.float32(2)
    number = np.float32(0.5)
    found = {
        "relu": lambda: np.maximum(x, np.float32(0), out=o),
        "scale": lambda: np.multiply(x, two, out=o),
        "logistic": lambda: np.divide(1, np.add(np.exp(np.negative(x, out=o), out=o), 1, out=o), out=o),
        "rsqrt": lambda: np.divide(1, np.sqrt(x, out=o), out=o),
        "clip": lambda: np.clip(x, np.float32(0), np.float32(1), out=o),
        "add number": lambda: np.add(x, two, out=o),
        "divide of": lambda: np.divide(two, x, out=o),
        "add row": lambda: np.add(x, y[0], out=o),
        "add transposed": lambda: np.add(x, y.T, out=o),
        "gt number": lambda: np.greater(x, number, out=b),
        "not": lambda: np.logical_not(x, out=b),
        "isNan": lambda: np.isnan(x, out=b),
        "where": lambda: np.where(mask, x, y),
        "where number": lambda: np.where(mask, x, np.float32(0)),
        "cumulativeSum": lambda: np.cumsum(x, axis=0, out=o),
        "softmax": lambda: softmax(np, x, o),
        "topK": lambda: top_k(np, x, 8),
        "transpose": lambda: np.copyto(o, x.T),
        "gather": lambda: np.take(x, order, 0, out=o, mode="clip"),
        "take": lambda: np.take(x, order, 1, out=o, mode="clip"),
        "concatenate": lambda: np.concatenate((x, y), 0, out=twice),
        "stack": lambda: np.stack((x, y), out=both),
        "pad": lambda: np.pad(x, 1),
        "roll": lambda: np.roll(x, 3, 0),
        "tile": lambda: np.tile(x, (2, 1)),
        "masked": lambda: x[half],
        "compress": lambda: np.compress(half, x, 0, out=halves),
        "nonzero": lambda: np.argwhere(half),
        "arange": lambda: np.arange(1, 2 * n * n, 2, dtype=np.float32),
        "linspace": lambda: np.linspace(1, 2, n * n, dtype=np.float32),
        "eye": lambda: np.eye(n, dtype=np.float32),
        "oneHot": lambda: one_hot(np, n, classes),
        "uniform": lambda: rng.random(out=row, dtype=np.float32),
        "normal": lambda: rng.standard_normal(out=row, dtype=np.float32),
        "integers": lambda: rng.integers(0, 9, n * n),
        "permutation": lambda: rng.permutation(n * n),
    }
    one = {"exp": "exp", "log": "log", "tanh": "tanh", "sine": "sin", "cosine": "cos", "negate": "negative", "abs": "absolute", "sign": "sign", "sqrt": "sqrt", "floor": "floor"}
    for name, of in one.items():
        found[name] = lambda f=getattr(np, of): f(x, out=o)
    two_of = {"add": "add", "multiply": "multiply", "subtract": "subtract", "divide": "divide", "remainder": "fmod", "maximum": "maximum", "minimum": "minimum", "power": "power"}
    for name, of in two_of.items():
        found[name] = lambda f=getattr(np, of): f(x, y, out=o)
    logic = {"eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "and": "logical_and", "or": "logical_or", "xor": "logical_xor"}
    for name, of in logic.items():
        found[name] = lambda f=getattr(np, of): f(x, y, out=b)
    over = {
        "sum": np.sum, "max": np.max, "min": np.min, "prod": np.prod, "any": np.any, "all": np.all, "argMax": np.argmax, "argMin": np.argmin,
        "mean": np.mean, "var": lambda a, axis: np.var(a, axis, ddof=1), "std": lambda a, axis: np.std(a, axis, ddof=1),
        "norm": np.linalg.norm, "logSumExp": lambda a, axis: np.logaddexp.reduce(a, axis), "median": np.median,
        "quantile": lambda a, axis: np.quantile(a, 0.25, axis),
    }
    for name, f in over.items():
        for label, axis in (("[0]", 0), ("[1]", 1), ("all", None)):
            found[name + " " + label] = lambda f=f, axis=axis: f(x, axis=axis)
    return found


def softmax(np, x, o):
    np.subtract(x, x.max(axis=0), out=o)
    np.exp(o, out=o)
    np.divide(o, o.sum(axis=0), out=o)


def top_k(np, x, k):
    found = np.argpartition(x, -k, 1)[:, -k:]
    values = np.take_along_axis(x, found, 1)
    order = np.argsort(-values, 1)
    return np.take_along_axis(values, order, 1), np.take_along_axis(found, order, 1)


def one_hot(np, n, classes):
    rows = np.zeros((n, n), np.float32)
    rows[np.arange(n), classes] = 1
    return rows


def main():
    try:
        import numpy as np
    except ImportError as e:
        say("error %s" % e)
        return
    found = calls(np, int(sys.argv[1]))
    say("numpy %s" % np.__version__)
    for line in sys.stdin:
        count, name = line.rstrip("\n").split(" ", 1)
        if name not in found:
            say("error no %s" % name)
            continue
        call = found[name]
        begin = time.perf_counter()
        for _ in range(int(count)):
            call()
        say("%r" % (time.perf_counter() - begin))


main()
