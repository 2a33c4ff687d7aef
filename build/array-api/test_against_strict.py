"""Shardsum's tensors held to array-api-strict, and to NumPy where the array API has no such function.

Operands are fresh arrays or views of others: reversed, transposed, or every second element of a larger one."""

import array_api_strict as strict
import numpy as np
import pytest
import shardsum_array as ours
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hn

FLOATS, INTS = ("float32", "float64"), ("int32", "int64")
NUMBERS, ALL = INTS + FLOATS, ("bool",) + INTS + FLOATS
SHAPES = hn.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
SOLID = hn.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=5)


def elements(dtype, wild):
    """Any numbers, or such that sums and products of a few are far from the greatest one."""
    if dtype == "bool":
        return st.booleans()
    if dtype in INTS:
        return st.integers(np.iinfo(dtype).min, np.iinfo(dtype).max) | st.integers(-9, 9) if wild else st.integers(-9, 9)
    width = 32 if dtype == "float32" else 64
    if wild:
        return st.floats(width=width, allow_subnormal=False) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5, -3.0])
    return st.floats(-64, 64, width=width, allow_subnormal=False)


def array(values):
    return ours._call("data", getattr(ours, values.dtype.name), np.ascontiguousarray(values).tobytes(), values.shape)


def plain(result):
    return np.frombuffer(ours._call("read", result), dtype=result.dtype.name).reshape(result.shape)


class Operand:
    """One array of NumPy, of array-api-strict and of Shardsum."""

    def __init__(self, values, view):
        self.values, self.strict = values, strict.asarray(values)
        view = view if values.size and values.ndim else 0
        if view == 1:
            self.ours = ours.flip(array(np.flip(values)))
        elif view == 2:
            self.ours = ours.permute_dims(array(values.T), tuple(reversed(range(values.ndim))))
        elif view == 3:
            self.ours = array(np.repeat(values, 2, axis=-1))[..., ::2]
        else:
            self.ours = array(values)

    def __repr__(self):
        return f"Operand({self.values!r})"


@st.composite
def operands(draw, dtypes, wild=True, shapes=SHAPES):
    dtype = draw(st.sampled_from(dtypes))
    return Operand(draw(hn.arrays(dtype, draw(shapes), elements=elements(dtype, wild))), draw(st.integers(0, 3)))


@st.composite
def pairs(draw, dtypes, wild=True):
    """Two operands of one kind whose shapes broadcast."""
    one = draw(st.sampled_from(dtypes))
    other = draw(st.sampled_from([each for each in dtypes if np.dtype(each).kind == np.dtype(one).kind]))
    shapes = draw(hn.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4)).input_shapes
    return tuple(Operand(draw(hn.arrays(dtype, shape, elements=elements(dtype, wild))), draw(st.integers(0, 3))) for dtype, shape in zip((one, other), shapes))


def same(actual, expected, signs=True):
    """Equal dtypes, shapes and elements; NaN is NaN, and zeros have their signs."""
    actual, expected = plain(actual), np.asarray(expected)
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(actual, expected)
    if signs and actual.dtype.kind == "f":
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(actual[zero]), np.signbit(expected[zero]))


def near(actual, expected, ulps, size=None):
    """Within some units in the last place of the expected value, or of a given size."""
    actual, expected = plain(actual), np.asarray(expected)
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(actual[~finite], expected[~finite])
    size = np.broadcast_to(np.abs(expected if size is None else np.asarray(size)), expected.shape)[finite]
    bound = ulps * np.finfo(actual.dtype).eps * np.maximum(size, np.finfo(actual.dtype).tiny)
    wrong = ~(np.abs(actual[finite].astype(np.float64) - expected[finite].astype(np.float64)) <= bound)
    assert not wrong.any(), (actual[finite][wrong], expected[finite][wrong])


@pytest.mark.parametrize("name", ["abs", "negative", "sqrt", "floor", "square", "positive", "isnan", "isinf", "isfinite"])
@given(data=st.data())
def test_exact_functions_of_one_array(name, data):
    x = data.draw(operands(FLOATS if name == "sqrt" else NUMBERS))
    if name == "isnan" and x.values.dtype.kind != "f":
        return
    with np.errstate(all="ignore"):
        same(getattr(ours, name)(x.ours), getattr(strict, name)(x.strict))


@given(x=operands(NUMBERS))
def test_sign(x):
    same(ours.sign(x.ours), strict.sign(x.strict), signs=False)  # -0 of -0, as in StableHLO


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sin", "cos"])
@given(x=operands(FLOATS))
def test_functions_within_ulps(name, x):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x.values.astype(np.float64)).astype(x.values.dtype)
        near(getattr(ours, name)(x.ours), expected, 4)


@given(x=operands(FLOATS, wild=False))
def test_logistic_and_rsqrt(x):
    wide = x.values.astype(np.float64)
    with np.errstate(all="ignore"):
        near(ours._logistic(x.ours), (1 / (1 + np.exp(-wide))).astype(x.values.dtype), 4)
        near(ours._rsqrt(x.ours), (1 / np.sqrt(wide)).astype(x.values.dtype), 4)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "maximum", "minimum", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal"])
@given(pair=pairs(NUMBERS))
def test_exact_functions_of_two_arrays(name, pair):
    x, y = pair
    with np.errstate(all="ignore"):
        same(getattr(ours, name)(x.ours, y.ours), getattr(strict, name)(x.strict, y.strict), signs=name not in ("maximum", "minimum"))


@pytest.mark.parametrize("name", ["divide", "pow"])
@given(pair=pairs(FLOATS))
def test_quotients_and_powers(name, pair):
    x, y = pair
    with np.errstate(all="ignore"):
        near(getattr(ours, name)(x.ours, y.ours), getattr(strict, name)(x.strict, y.strict), 0 if name == "divide" else 4)


@pytest.mark.parametrize("name", ["divide", "pow", "_fmod", "maximum", "minimum", "add", "subtract", "multiply", "less", "equal"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_special_pairs(name, dtype):
    values = np.asarray([0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, np.inf, -np.inf, np.nan], dtype=dtype)
    function = {"_fmod": np.fmod, "pow": np.power}.get(name) or getattr(np, name)
    with np.errstate(all="ignore"):
        expected = function(values[:, None], values)
        actual = getattr(ours, name)(array(values[:, None]), array(values))
    same(actual, expected, signs=name not in ("maximum", "minimum")) if name != "pow" else near(actual, expected, 1)


@given(x=operands(INTS), y=st.integers(0, 70))
def test_powers_of_integers_wrap(x, y):
    exponent = np.asarray(y, dtype=x.values.dtype)
    same(ours.pow(x.ours, array(exponent)), strict.pow(x.strict, strict.asarray(exponent)))
    same(ours.pow(x.ours, y), strict.pow(x.strict, strict.asarray(exponent)))


@given(pair=pairs(NUMBERS))
def test_remainder_of_division_toward_zero(pair):
    x, y = pair
    if x.values.dtype.kind == "i" and (y.values == 0).any():
        return
    with np.errstate(all="ignore"):
        same(ours._fmod(x.ours, y.ours), np.fmod(x.values, y.values))


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "maximum", "minimum", "equal", "less", "greater_equal"])
@given(x=operands(NUMBERS), y=st.integers(-99, 99), left=st.booleans())
def test_a_number_and_an_array(name, x, y, left):
    if name == "divide" and x.values.dtype.kind == "i":
        return
    other = float(y) if x.values.dtype.kind == "f" else y
    with np.errstate(all="ignore"):
        number = strict.asarray(other, dtype=x.strict.dtype)
        actual = getattr(ours, name)(other, x.ours) if left else getattr(ours, name)(x.ours, other)
        expected = getattr(strict, name)(number, x.strict) if left else getattr(strict, name)(x.strict, number)
        same(actual, expected, signs=name not in ("maximum", "minimum"))


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor"])
@given(pair=pairs(("bool",)))
def test_logic(name, pair):
    same(getattr(ours, name)(pair[0].ours, pair[1].ours), getattr(strict, name)(pair[0].strict, pair[1].strict))
    same(ours.logical_not(pair[0].ours), strict.logical_not(pair[0].strict))


@given(condition=operands(("bool",)), data=st.data())
def test_where(condition, data):
    dtype = data.draw(st.sampled_from(ALL))
    shape = condition.values.shape
    x, y = (data.draw(operands((dtype,), shapes=st.just(shape if i == 0 else shape[1:]))) for i in range(2))
    same(ours.where(condition.ours, x.ours, y.ours), strict.where(condition.strict, x.strict, y.strict))


@given(x=operands(NUMBERS, wild=False), bounds=st.tuples(st.integers(-20, 20), st.integers(-20, 20)).map(sorted))
def test_clip(x, bounds):
    low, high = map(float if x.values.dtype.kind == "f" else int, bounds)
    same(ours.clip(x.ours, low, high), strict.clip(x.strict, low, high), signs=False)


@st.composite
def reduced(draw, dtypes, wild, shapes=SHAPES):
    """An operand, and the axes of a reduction as keywords."""
    x = draw(operands(dtypes, wild, shapes))
    axis = draw(st.none() | st.lists(st.integers(0, x.values.ndim - 1), unique=True).map(tuple) if x.values.ndim else st.none())
    if axis is not None:
        axis = tuple(each - x.values.ndim if draw(st.booleans()) else each for each in axis)
    return x, {"axis": axis, "keepdims": draw(st.booleans())}


@pytest.mark.parametrize("name, dtypes, wild, shapes", [
    ("any", ALL, True, SHAPES), ("all", ALL, True, SHAPES), ("max", NUMBERS, True, SOLID), ("min", NUMBERS, True, SOLID), ("sum", INTS, True, SHAPES), ("prod", INTS, True, SHAPES)])
@given(data=st.data())
def test_exact_reductions(name, dtypes, wild, shapes, data):
    x, keywords = data.draw(reduced(dtypes, wild, shapes))
    with np.errstate(all="ignore"):
        same(getattr(ours, name)(x.ours, **keywords), getattr(strict, name)(x.strict, **keywords), signs=False)


@pytest.mark.parametrize("name, shapes", [("sum", SHAPES), ("mean", SOLID), ("var", SOLID), ("std", SOLID), ("_norm", SHAPES), ("_logsumexp", SOLID)])
@given(data=st.data())
def test_sums_within_their_bound(name, shapes, data):
    x, keywords = data.draw(reduced(FLOATS, False, shapes))
    wide, dtype = x.values.astype(np.float64), x.values.dtype
    most = np.abs(wide).max(initial=0)
    count = max(x.values.size, 1)
    if name == "_norm":
        expected, size = np.sqrt((wide * wide).sum(**keywords)), count * most
    elif name == "_logsumexp":
        expected, size = np.logaddexp.reduce(wide, **keywords), most + 5
    else:
        expected = getattr(np, name)(wide, **keywords)
        # The root of a variance that is rounded to about 0 loses half of its digits.
        size = {"sum": count * most, "mean": most, "var": most * most, "std": 0}[name]
    expected = np.asarray(expected, dtype=dtype)
    if name == "std":
        np.testing.assert_allclose(plain(ours.std(x.ours, **keywords)), expected, atol=8 * most * np.sqrt(np.finfo(dtype).eps), rtol=0)
    else:
        near(getattr(ours, name)(x.ours, **keywords), expected, 4 * count, size)


@given(data=st.data())
def test_products_of_floats(data):
    x, keywords = data.draw(reduced(FLOATS, False, hn.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)))
    with np.errstate(all="ignore"):
        expected = np.prod(x.values.astype(np.float64), **keywords)
        if np.all((np.abs(expected) < 2.0**120) & ((np.abs(expected) > 2.0**-120) | (expected == 0))):
            near(ours.prod(x.ours, **keywords), np.asarray(expected, dtype=x.values.dtype), 2 * max(x.values.size, 1), np.abs(expected) + 2.0**-100)


@pytest.mark.parametrize("correction", [0, 1, 2])
@given(x=operands(FLOATS, False, hn.array_shapes(min_dims=1, max_dims=3, min_side=4, max_side=6)))
def test_corrected_variances(correction, x):
    expected = np.var(x.values.astype(np.float64), axis=-1, ddof=correction).astype(x.values.dtype)
    near(ours.var(x.ours, axis=-1, correction=correction), expected, 64, np.abs(x.values).max() ** 2)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@given(data=st.data(), keepdims=st.booleans())
def test_positions(name, data, keepdims):
    x = data.draw(operands(NUMBERS, shapes=SOLID))
    axis = data.draw(st.none() | st.integers(-x.values.ndim, x.values.ndim - 1))
    same(getattr(ours, name)(x.ours, axis=axis, keepdims=keepdims), getattr(strict, name)(x.strict, axis=axis, keepdims=keepdims))


@given(data=st.data())
def test_medians_and_quantiles(data):
    x, keywords = data.draw(reduced(FLOATS, False, SOLID))
    q = data.draw(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]))
    size = np.abs(x.values).max()
    near(ours._median(x.ours, **keywords), np.asarray(np.median(x.values, **keywords), dtype=x.values.dtype), 2, size)
    near(ours._quantile(x.ours, q, **keywords), np.asarray(np.quantile(x.values.astype(np.float64), q, **keywords), dtype=x.values.dtype), 4, size)


@given(x=operands(INTS, shapes=SOLID), initial=st.booleans(), data=st.data())
def test_running_sums(x, initial, data):
    axis = data.draw(st.integers(-x.values.ndim, x.values.ndim - 1))
    with np.errstate(all="ignore"):
        same(ours.cumulative_sum(x.ours, axis=axis, include_initial=initial), strict.cumulative_sum(x.strict, axis=axis, include_initial=initial))


@pytest.mark.parametrize("name", ["concat", "stack"])
@given(data=st.data())
def test_joins(name, data):
    x = data.draw(operands(NUMBERS, shapes=SOLID))
    others = [data.draw(operands(tuple(each for each in NUMBERS if np.dtype(each).kind == x.values.dtype.kind), shapes=st.just(x.values.shape))) for _ in range(data.draw(st.integers(0, 2)))]
    axis = data.draw(st.integers(-x.values.ndim, x.values.ndim - 1) | (st.none() if name == "concat" else st.just(-1)))
    same(getattr(ours, name)([each.ours for each in (x, *others)], axis=axis), getattr(strict, name)([each.strict for each in (x, *others)], axis=axis))


@given(x=operands(ALL, shapes=SOLID), data=st.data())
def test_shapes(x, data):
    rank = x.values.ndim
    axis = data.draw(st.integers(-rank, rank - 1))
    shift = data.draw(st.integers(-12, 12))
    order = tuple(data.draw(st.permutations(range(rank))))
    repeats = tuple(data.draw(st.lists(st.integers(0, 3), min_size=0, max_size=rank + 1)))
    same(ours.flip(x.ours, axis=axis), strict.flip(x.strict, axis=axis))
    same(ours.roll(x.ours, shift, axis=axis), strict.roll(x.strict, shift, axis=axis))
    same(ours.roll(x.ours, shift), strict.roll(x.strict, shift))
    same(ours.permute_dims(x.ours, order), strict.permute_dims(x.strict, order))
    same(ours.tile(x.ours, repeats), strict.tile(x.strict, repeats))
    same(ours.reshape(x.ours, (-1,)), strict.reshape(x.strict, (-1,)))
    same(ours.squeeze(ours.expand_dims(x.ours, axis=axis), axis=axis), x.values)
    same(ours.broadcast_to(x.ours, (2, *x.values.shape)), strict.broadcast_to(x.strict, (2, *x.values.shape)))
    same(ours.unstack(x.ours, axis=axis)[-1], strict.unstack(x.strict, axis=axis)[-1])


@given(x=operands(NUMBERS, shapes=SOLID), data=st.data())
def test_padding(x, data):
    before, after = (tuple(data.draw(st.lists(st.integers(0, 3), min_size=x.values.ndim, max_size=x.values.ndim))) for _ in range(2))
    same(ours._pad(x.ours, 7, before, after), np.pad(x.values, tuple(zip(before, after)), constant_values=7))


@given(x=operands(ALL, shapes=SOLID), data=st.data())
def test_taking(x, data):
    axis = data.draw(st.integers(-x.values.ndim, x.values.ndim - 1))
    size = x.values.shape[axis]
    indices = np.asarray(data.draw(st.lists(st.integers(-size, size - 1), max_size=6)), dtype=data.draw(st.sampled_from(INTS)))
    same(ours.take(x.ours, array(indices), axis=axis), np.take(x.values, indices, axis=axis))
    mask = data.draw(operands(("bool",), shapes=st.just(x.values.shape)))
    same(x.ours[mask.ours], x.values[mask.values])
    for actual, expected in zip(ours.nonzero(mask.ours), np.nonzero(mask.values), strict=True):
        same(actual, expected)


@given(x=operands(ALL, shapes=SOLID), data=st.data())
def test_parts_of_an_axis(x, data):
    axis = data.draw(st.integers(-x.values.ndim, x.values.ndim - 1))
    size = x.values.shape[axis]
    parts = data.draw(st.sampled_from([each for each in range(1, size + 1) if size % each == 0]))
    for actual, expected in zip(ours._split(x.ours, axis, parts), np.split(x.values, parts, axis), strict=True):
        same(actual, expected)
    mask = np.asarray(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)
    same(ours._compress(array(mask), x.ours, axis), np.compress(mask, x.values, axis))


@given(x=operands(NUMBERS))
def test_relu(x):
    same(ours._relu(x.ours), np.maximum(x.values, x.values.dtype.type(0)), signs=False)


@given(shape=SOLID, classes=st.integers(1, 6), data=st.data())
def test_one_hot(shape, classes, data):
    indices = data.draw(hn.arrays(data.draw(st.sampled_from(INTS)), shape, elements=st.integers(0, classes - 1)))
    expected = np.eye(classes, dtype=np.float32)[indices]
    np.testing.assert_array_equal(plain(ours._one_hot(array(indices), classes)), expected)


@given(x=operands(FLOATS), data=st.data())
def test_closeness_and_equality(x, data):
    rtol, atol = (data.draw(st.sampled_from([0.0, 2.0**-20, 0.125])) for _ in range(2))
    other = x.values.copy()
    if other.size and data.draw(st.booleans()):
        at = data.draw(st.integers(0, other.size - 1))
        with np.errstate(all="ignore"):
            other.flat[at] = other.flat[at] * data.draw(st.sampled_from([1.0, 1.0625, -1.0])) + data.draw(st.sampled_from([0.0, 0.0625]))
    with np.errstate(all="ignore"):
        # In f64, as Shardsum compares.
        expected = np.allclose(x.values.astype(np.float64), other.astype(np.float64), rtol, atol, equal_nan=True)
    assert ours._allclose(x.ours, array(other), rtol, atol) == expected
    assert ours._array_equal(x.ours, array(other)) == np.array_equal(x.values, other)


@given(x=operands(ALL, shapes=SOLID), data=st.data())
def test_slices(x, data):
    key = data.draw(hn.basic_indices(x.values.shape, allow_newaxis=True))
    same(x.ours[key], x.values[key])
    copy, target = x.values.copy(), array(x.values)
    value = np.ones((), dtype=x.values.dtype)
    copy[key] = value
    target[key] = array(value)
    same(target, copy)


@given(dtype=st.sampled_from(NUMBERS), start=st.integers(-50, 50), stop=st.integers(-50, 50), step=st.integers(-7, 7).filter(bool), num=st.integers(0, 20), k=st.integers(-6, 6))
def test_making(dtype, start, stop, step, num, k):
    of, to = getattr(ours, dtype), getattr(strict, dtype)
    same(ours.arange(start, stop, step, dtype=of), strict.arange(start, stop, step, dtype=to))
    same(ours.eye(num, abs(k), k=k, dtype=of), strict.eye(num, abs(k), k=k, dtype=to))
    same(ours.full((2, num), start, dtype=of), strict.full((2, num), start, dtype=to))
    if dtype in FLOATS:
        near(ours.linspace(start, stop, num, dtype=of), strict.linspace(start, stop, num, dtype=to), 2, 50)


@given(x=operands(ALL), dtype=st.sampled_from(ALL))
def test_conversions(x, dtype):
    values = x.values
    if values.dtype.kind == "f" and dtype in INTS:
        if not np.all(np.abs(values) < 2.0**31 - 256):
            return
    with np.errstate(all="ignore"):
        same(ours.astype(x.ours, getattr(ours, dtype)), values.astype(dtype))


@given(data=st.data())
def test_products_of_integers(data):
    shapes = data.draw(hn.mutually_broadcastable_shapes(signature="(m?,n),(n,p?)->(m?,p?)", max_dims=2, max_side=4)).input_shapes
    x, y = (data.draw(operands(INTS, shapes=st.just(shape))) for shape in shapes)
    same(ours.matmul(x.ours, y.ours), strict.matmul(x.strict, y.strict))
    vectors = [data.draw(operands(INTS, shapes=st.just((2, 3, 4)))) for _ in range(2)]
    same(ours.vecdot(*(each.ours for each in vectors), axis=-2), strict.vecdot(*(each.strict for each in vectors), axis=-2))
    axes = data.draw(st.sampled_from([1, 2, ((0,), (0,)), ((1, 2), (1, 2)), ((2, 0), (2, 0))]))
    other = vectors[1] if not isinstance(axes, int) else Operand(np.ascontiguousarray(vectors[1].values.transpose(2, 1, 0) if axes == 1 else vectors[1].values.transpose(1, 2, 0)), 2)
    same(ours.tensordot(vectors[0].ours, other.ours, axes=axes), strict.tensordot(vectors[0].strict, other.strict, axes=axes))
