"""Shardsum's tensors as a module of Python's array API, 2025.12, as far as Shardsum has its operations: each call goes to a Java process over a pipe.

For tests only. Views are views: transpose, flip, slices and broadcasts are Shardsum's own, so operands have strides. SHARDSUM_ARRAY_JAVA is the command of the Java process."""

import math
import os
import struct
import subprocess
import sys

__array_api_version__ = "2025.12"
__version__ = "0.1.0"
e, inf, nan, pi, newaxis = math.e, math.inf, math.nan, math.pi, None

_process = subprocess.Popen(os.environ["SHARDSUM_ARRAY_JAVA"].split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
_dead = []
_python_bool, _python_abs, _python_all, _python_any, _python_max, _python_min, _python_pow = bool, abs, all, any, max, min, pow


class _DType:
    def __init__(self, name, ours, kind, code, size):
        self.name, self.ours, self.kind, self.code, self.size = name, ours, kind, code, size

    def __repr__(self):
        return self.name


bool = _DType("bool", "bool", "bool", "?", 1)
int32 = _DType("int32", "i32", "int", "i", 4)
int64 = _DType("int64", "i64", "int", "q", 8)
float32 = _DType("float32", "f32", "float", "f", 4)
float64 = _DType("float64", "f64", "float", "d", 8)
_DTYPES = {each.ours: each for each in (bool, int32, int64, float32, float64)}


def _word(value):
    if isinstance(value, Array):
        return f"t{value._id}"
    if isinstance(value, _DType):
        return "s" + value.ours
    if isinstance(value, _python_bool):
        return "b1" if value else "b0"
    if isinstance(value, (tuple, list)):
        return "l" + ",".join(str(int(each)) for each in value)
    if isinstance(value, int):
        return f"l{value}"
    if isinstance(value, float):
        return "d" + ("NaN" if math.isnan(value) else ("-" if value < 0 else "") + "Infinity" if math.isinf(value) else value.hex())
    if isinstance(value, bytes):
        return "x" + value.hex()
    return "s" + value


def _ask(line):
    _process.stdin.write(line + "\n")
    _process.stdin.flush()
    answer = _process.stdout.readline().rstrip("\n")
    if not answer:
        raise RuntimeError("the Java process ended at: " + line[:200])
    if answer[0] == "e":
        raise (IndexError if answer.startswith("eIndexOutOfBounds") else ValueError)(answer[1:])
    return answer


def _call(name, *arguments):
    if len(_dead) > 200:
        _ask("free l" + ",".join(map(str, _dead)))
        _dead.clear()
    answer = _ask(" ".join([name, *map(_word, arguments)]))
    if answer[0] == "x":
        return bytes.fromhex(answer[1:])
    results = []
    for part in answer[1:].split(" ") if len(answer) > 1 else ():
        number, dtype, sizes = part.split(":")
        results.append(Array(int(number), _DTYPES[dtype], tuple(int(each) for each in sizes.split(",")) if sizes else ()))
    return results[0] if len(results) == 1 else results


def _is_scalar(value):
    return isinstance(value, (_python_bool, int, float))


class Array:
    def __init__(self, number, dtype, shape):
        self._id, self.dtype, self.shape = number, dtype, shape

    def __del__(self):
        _dead.append(self._id)

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: math.prod(self.shape))
    device = property(lambda self: "cpu")
    T = property(lambda self: permute_dims(self, (1, 0)))
    mT = property(lambda self: matrix_transpose(self))

    def __array_namespace__(self, *, api_version=None):
        return sys.modules[__name__]

    def to_device(self, device, /, *, stream=None):
        return self

    def _values(self):
        return struct.unpack(f"={self.size}{self.dtype.code}", _call("read", self))

    def _item(self, kinds):
        if self.shape:
            raise TypeError(f"expected an array of no axes, got shape {self.shape}")
        if self.dtype.kind not in kinds:
            raise TypeError(f"expected one of {kinds}, got {self.dtype}")
        return self._values()[0]

    def __bool__(self):
        return _python_bool(self._item(("bool", "int", "float")))

    def __int__(self):
        return int(self._item(("bool", "int", "float")))

    def __float__(self):
        return float(self._item(("bool", "int", "float")))

    def __complex__(self):
        return complex(self._item(("bool", "int", "float")))

    def __index__(self):
        return self._item(("int",))

    def tolist(self):
        values = iter(self._values())

        def level(sizes):
            return [level(sizes[1:]) for _ in range(sizes[0])] if sizes else next(values)

        return level(self.shape)

    def __repr__(self):
        return f"Array({self.tolist()}, dtype={self.dtype}, shape={self.shape})"

    def _view(self, key):
        entries = []
        for each in key if isinstance(key, tuple) else (key,):
            if each is None:
                entries.append("newaxis")
            elif each is ...:
                entries.append("...")
            elif isinstance(each, slice):
                entries.append(":".join("" if part is None else str(int(part)) for part in (each.start, each.stop, each.step)))
            else:
                entries.append(str(each.__index__()))
        return _call("slice", self, ",".join(entries)) if entries else self

    def __getitem__(self, key):
        if isinstance(key, Array) and key.dtype is bool:
            return _call("masked", self, key)
        return self._view(key)

    def __setitem__(self, key, value):
        masked = isinstance(key, Array) and key.dtype is bool
        target = self if masked else self._view(key)
        value = astype(value if isinstance(value, Array) else asarray(value, dtype=self.dtype), self.dtype, copy=False)
        if masked:
            mask = key
            for _ in range(self.ndim - key.ndim):
                mask = expand_dims(mask, axis=-1)
            value = _call("where", mask, value, self)
        _call("set", target, _call("broadcast", value, target.shape))


def _binary(name, numbers=True, left=False):
    """A function of two arrays, of which one may be a number: `numbers` if Java has a form for it, `left` if also from the left."""

    def function(x1, x2, /):
        if not isinstance(x1, Array) and not isinstance(x2, Array):
            raise TypeError("expected an array")
        for scalar, array in ((x1, x2), (x2, x1)):
            if _is_scalar(scalar):
                plain = numbers and array.dtype.kind != "bool" and (isinstance(scalar, float) or _python_abs(scalar) <= 2**53)
                if plain and (scalar is x2 or left):
                    return _call(name, *(float(each) if _is_scalar(each) else each for each in (x1, x2)))
                other = asarray(scalar, dtype=array.dtype)
                return _call(name, *((other, array) if scalar is x1 else (array, other)))
        return _call(name, x1, x2)

    function.__name__ = name
    return function


def _unary(name):
    def function(x, /):
        return _call(name, x)

    function.__name__ = name
    return function


exp, log, tanh, sin, cos, negative, abs, sign, sqrt, floor, logical_not, isnan = map(
    _unary, ("exp", "log", "tanh", "sin", "cos", "negative", "abs", "sign", "sqrt", "floor", "logical_not", "isnan"))
add, multiply, maximum, minimum = map(_binary, ("add", "multiply", "maximum", "minimum"))
subtract, divide, pow, _fmod = (_binary(name, left=True) for name in ("subtract", "divide", "pow", "fmod"))
equal, not_equal, less, less_equal, greater, greater_equal = map(_binary, ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"))
logical_and, logical_or, logical_xor = (_binary(name, numbers=False) for name in ("logical_and", "logical_or", "logical_xor"))


def isinf(x, /):
    return equal(abs(x), inf) if x.dtype.kind == "float" else zeros(x.shape, dtype=bool)


def isfinite(x, /):
    return logical_not(logical_or(isnan(x), isinf(x))) if x.dtype.kind == "float" else ones(x.shape, dtype=bool)


def positive(x, /):
    return x


conj = positive


def square(x, /):
    return multiply(x, x)


def reciprocal(x, /):
    return divide(1.0, x)


def clip(x, /, min=None, max=None):
    if x.dtype.kind == "float" and isinstance(min, float) and isinstance(max, float):
        return _call("clip", x, min, max)
    low = x if min is None else maximum(x, min)
    return astype(low if max is None else minimum(low, max), x.dtype, copy=False)


def where(condition, x1, x2, /):
    x1 = asarray(x1, dtype=x2.dtype) if _is_scalar(x1) else x1
    x2 = asarray(x2, dtype=x1.dtype) if _is_scalar(x2) else x2
    return _call("where", condition, x1, x2)


for _name, _function in (("add", add), ("sub", subtract), ("mul", multiply), ("truediv", divide), ("pow", pow)):
    setattr(Array, f"__{_name}__", lambda self, other, f=_function: f(self, other))
    setattr(Array, f"__r{_name}__", lambda self, other, f=_function: f(other, self))

    def _in_place(self, other, f=_function):
        self[...] = f(self, other)
        return self

    setattr(Array, f"__i{_name}__", _in_place)
for _name, _function in (("eq", equal), ("ne", not_equal), ("lt", less), ("le", less_equal), ("gt", greater), ("ge", greater_equal)):
    setattr(Array, f"__{_name}__", lambda self, other, f=_function: f(self, other))
Array.__neg__, Array.__abs__, Array.__pos__ = negative, abs, positive
Array.__matmul__ = lambda self, other: matmul(self, other)
Array.__hash__ = None


def _axes(axis, keepdims):
    return (keepdims,) if axis is None else (keepdims, axis if isinstance(axis, tuple) else (axis,))


def _wide(x, dtype):
    return astype(x, dtype or (int64 if x.dtype.kind == "int" else x.dtype), copy=False)


def sum(x, /, *, axis=None, dtype=None, keepdims=False):
    return _call("sum", _wide(x, dtype), *_axes(axis, keepdims))


def prod(x, /, *, axis=None, dtype=None, keepdims=False):
    return _call("prod", _wide(x, dtype), *_axes(axis, keepdims))


def _reduction(name):
    def function(x, /, *, axis=None, keepdims=False):
        return _call(name, x, *_axes(axis, keepdims))

    function.__name__ = name
    return function


max, min, any, all, mean = map(_reduction, ("max", "min", "any", "all", "mean"))
# Beyond the array API, as NumPy has them.
_median, _norm, _logsumexp = map(_reduction, ("median", "norm", "logsumexp"))
_logistic, _relu, _rsqrt = map(_unary, ("logistic", "relu", "rsqrt"))


def _quantile(x, q, /, *, axis=None, keepdims=False):
    return _call("quantile", x, float(q), *_axes(axis, keepdims))


def _split(x, axis, parts):
    results = _call("split", x, (axis,), (parts,))
    return results if isinstance(results, (list, tuple)) else (results,)


def _compress(mask, x, axis):
    return _call("compress", x, mask, (axis,))


def _one_hot(indices, classes):
    return _call("one_hot", indices, (classes,))


def _array_equal(x, y):
    return _python_bool(_call("array_equal", x, y))


def _allclose(x, y, rtol, atol):
    return _python_bool(_call("allclose", x, y, float(rtol), float(atol)))


def _pad(x, value, before, after):
    return _call("pad", x, float(value), before, after)


def var(x, /, *, axis=None, correction=0.0, keepdims=False):
    return _call("var", x, int(correction), *_axes(axis, keepdims))


def std(x, /, *, axis=None, correction=0.0, keepdims=False):
    return _call("std", x, int(correction), *_axes(axis, keepdims))


def argmax(x, /, *, axis=None, keepdims=False):
    return astype(_call("argmax", x, *_axes(axis, keepdims)), int64)


def argmin(x, /, *, axis=None, keepdims=False):
    return astype(_call("argmin", x, *_axes(axis, keepdims)), int64)


def count_nonzero(x, /, *, axis=None, keepdims=False):
    return sum(astype(astype(x, bool), int64), axis=axis, keepdims=keepdims)


def cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    axis = 0 if axis is None else axis
    x = _wide(x, dtype)
    result = _call("cumulative_sum", x, axis)
    if include_initial:
        sizes = list(x.shape)
        sizes[axis] = 1
        result = concat((zeros(tuple(sizes), dtype=x.dtype), result), axis=axis)
    return result


def nonzero(x, /):
    if x.ndim == 0:
        raise ValueError("nonzero: expected at least one axis")
    indices = _call("nonzero", x)
    return tuple(indices[:, axis] for axis in range(x.ndim))


def concat(arrays, /, *, axis=0):
    dtype = result_type(*arrays)
    parts = [astype(each, dtype, copy=False) for each in arrays]
    if axis is None:
        parts, axis = [_call("flatten", each) for each in parts], 0
    return _call("concat", axis, *parts)


def stack(arrays, /, *, axis=0):
    dtype = result_type(*arrays)
    return _call("stack", axis, *(astype(each, dtype, copy=False) for each in arrays))


def unstack(x, /, *, axis=0):
    axis %= x.ndim
    return tuple(x[(slice(None),) * axis + (i,)] for i in range(x.shape[axis]))


def flip(x, /, *, axis=None):
    return _call("flip", x, tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,))


def roll(x, /, shift, *, axis=None):
    if axis is None:
        return reshape(_call("roll", _call("flatten", x), shift, 0), x.shape)
    for each, by in zip(axis, shift) if isinstance(axis, tuple) else ((axis, shift),):
        x = _call("roll", x, by, each)
    return x


def tile(x, repetitions, /):
    return _call("tile", x, repetitions)


def take(x, indices, /, *, axis=None):
    return _call("take", x, indices, 0 if axis is None else axis)


def squeeze(x, /, axis):
    for each in sorted({each % x.ndim for each in (axis if isinstance(axis, tuple) else (axis,))}, reverse=True):
        x = _call("squeeze", x, each)
    return x


def expand_dims(x, /, axis=0):
    return _call("unsqueeze", x, axis)


def permute_dims(x, /, axes):
    return _call("transpose", x, axes)


def moveaxis(x, source, destination, /):
    source, destination = (each if isinstance(each, tuple) else (each,) for each in (source, destination))
    order = [axis for axis in range(x.ndim) if axis not in {each % x.ndim for each in source}]
    for to, axis in sorted((to % x.ndim, axis % x.ndim) for axis, to in zip(source, destination)):
        order.insert(to, axis)
    return permute_dims(x, tuple(order))


def reshape(x, /, shape, *, copy=None):
    return _call("reshape", x, shape)


def broadcast_to(x, /, shape):
    return _call("broadcast", x, shape)


def broadcast_shapes(*shapes):
    rank = _python_max(map(len, shapes), default=0)
    result = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != 1 and result[axis] != 1 and size != result[axis]:
                raise ValueError(f"shapes do not broadcast: {shapes}")
            result[axis] = result[axis] if size == 1 else size
    return tuple(result)


def broadcast_arrays(*arrays):
    shape = broadcast_shapes(*(each.shape for each in arrays))
    return tuple(broadcast_to(each, shape) for each in arrays)


def _letters(start, count):
    return "".join(chr(ord("a") + start + i) for i in range(count))


def matmul(x1, x2, /):
    if x1.ndim == 0 or x2.ndim == 0:
        raise ValueError("matmul: expected at least one axis")
    left, right = "z" if x1.ndim == 1 else "...xz", "z" if x2.ndim == 1 else "...zy"
    batch = "" if x1.ndim == 1 and x2.ndim == 1 else "..."
    return _call("einsum", f"{left},{right}->{batch}{left[-2:-1].replace('.', '')}{right[-1:].replace('z', '')}", x1, x2)


def matrix_transpose(x, /):
    return permute_dims(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def tensordot(x1, x2, /, *, axes=2):
    if isinstance(axes, int):
        axes = (tuple(range(x1.ndim - axes, x1.ndim)), tuple(range(axes)))
    one, two = _letters(0, x1.ndim), list(_letters(x1.ndim, x2.ndim))
    for left, right in zip(*axes):
        two[right % x2.ndim if x2.ndim else right] = one[left]
    two = "".join(two)
    kept = "".join(each for each in one + two if (each in one) != (each in two))
    return _call("einsum", f"{one},{two}->{kept}", x1, x2)


def vecdot(x1, x2, /, *, axis=-1):
    if x1.shape[axis] != x2.shape[axis]:
        raise ValueError(f"vecdot: expected axes of one size, got {x1.shape} and {x2.shape}")
    x1, x2 = moveaxis(x1, axis, -1), moveaxis(x2, axis, -1)
    return _call("einsum", "...z,...z->...", x1, x2)


def asarray(value, /, *, dtype=None, device=None, copy=None):
    if isinstance(value, Array):
        result = value if dtype is None else astype(value, dtype, copy=False)
        return _call("copy", result) if copy and result is value else result
    shape, rest = [], value
    while isinstance(rest, (list, tuple)):
        shape.append(len(rest))
        rest = rest[0] if rest else 0.0
    values = [value]
    for _ in shape:
        values = [each for row in values for each in row]
    values = [each._item(("bool", "int", "float")) if isinstance(each, Array) else each for each in values]
    if dtype is None:
        dtype = bool if values and _python_all(isinstance(each, _python_bool) for each in values) else \
            int64 if values and _python_all(isinstance(each, int) for each in values) else float64
    convert = {"bool": _python_bool, "int": int, "float": float}[dtype.kind]
    if dtype is float32:
        # struct refuses what rounds to infinity.
        return astype(_call("data", float64, struct.pack(f"={len(values)}d", *map(float, values)), tuple(shape)), float32)
    return _call("data", dtype, struct.pack(f"={len(values)}{dtype.code}", *map(convert, values)), tuple(shape))


def _sizes(shape):
    return shape if isinstance(shape, tuple) else (shape,)


def full(shape, fill_value, *, dtype=None, device=None):
    if dtype is None:
        dtype = bool if isinstance(fill_value, _python_bool) else int64 if isinstance(fill_value, int) else float64
    if dtype is int64 and _python_abs(fill_value) > 2**53:
        return _call("copy", broadcast_to(asarray(fill_value, dtype=dtype), _sizes(shape)))
    return _call("full", dtype, float(fill_value), _sizes(shape))


def zeros(shape, *, dtype=None, device=None):
    return full(shape, 0, dtype=dtype or float64)


def ones(shape, *, dtype=None, device=None):
    return full(shape, 1, dtype=dtype or float64)


empty = zeros


def full_like(x, /, fill_value, *, dtype=None, device=None):
    return full(x.shape, fill_value, dtype=dtype or x.dtype)


def zeros_like(x, /, *, dtype=None, device=None):
    return zeros(x.shape, dtype=dtype or x.dtype)


def ones_like(x, /, *, dtype=None, device=None):
    return ones(x.shape, dtype=dtype or x.dtype)


empty_like = zeros_like


def arange(start, /, stop=None, step=1, *, dtype=None, device=None):
    if stop is None:
        start, stop = 0, start
    if dtype is None:
        dtype = int64 if _python_all(isinstance(each, int) for each in (start, stop, step)) else float64
    return _call("arange", dtype, float(start), float(stop), float(step))


def linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True):
    result = _call("linspace", dtype or float64, float(start), float(stop), num if endpoint else num + 1)
    return result if endpoint else result[:-1]


def eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None):
    return _call("eye", dtype or float64, n_rows, n_rows if n_cols is None else n_cols, k)


def astype(x, dtype, /, *, copy=True, device=None):
    return x if x.dtype is dtype and not copy else _call("convert", x, dtype)


def result_type(*values):
    dtypes = [each.dtype if isinstance(each, Array) else each for each in values if not _is_scalar(each)]
    kinds = {each.kind for each in dtypes}
    if len(kinds) != 1:
        raise TypeError(f"no promotion of {dtypes}")
    return _python_max(dtypes, key=lambda each: each.size)


def can_cast(from_, to, /):
    dtype = from_.dtype if isinstance(from_, Array) else from_
    return dtype.kind == to.kind and dtype.size <= to.size


def isdtype(dtype, kind):
    if isinstance(kind, tuple):
        return _python_any(isdtype(dtype, each) for each in kind)
    if isinstance(kind, _DType):
        return dtype is kind
    kinds = {"bool": ("bool",), "signed integer": ("int",), "unsigned integer": (), "integral": ("int",), "real floating": ("float",), "complex floating": (), "numeric": ("int", "float")}
    return dtype.kind in kinds[kind]


class finfo:
    def __init__(self, type, /):
        self.dtype = getattr(type, "dtype", type)
        single = self.dtype is float32
        self.bits = 32 if single else 64
        self.eps = 2.0 ** (-23 if single else -52)
        self.max = (2 - self.eps) * 2.0 ** (127 if single else 1023)
        self.min = -self.max
        self.smallest_normal = 2.0 ** (-126 if single else -1022)


class iinfo:
    def __init__(self, type, /):
        self.dtype = getattr(type, "dtype", type)
        self.bits = 8 * self.dtype.size
        self.max = 2 ** (self.bits - 1) - 1
        self.min = -(2 ** (self.bits - 1))
