"""Functions of JAX whose StableHLO the importer is held to, with inputs and results.

Writes NAME.mlir for each function, functions.txt with their names, and results.npz with the arrays
NAME.0, NAME.1 and so on; the test makes the inputs by the same formula. Run: python functions.py FOLDER
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

f32, i32 = jnp.float32, jnp.int32


def floats(*shape):
    return jax.ShapeDtypeStruct(shape, f32)


def ints(*shape):
    return jax.ShapeDtypeStruct(shape, i32)


def given(spec, k):
    """The input number k: spread over [-1, 1), or indices below 5."""
    n = int(np.prod(spec.shape))
    index = np.arange(n, dtype=np.int64)
    if spec.dtype == i32:
        return ((index * 7 + k) % 5).astype(np.int32).reshape(spec.shape)
    return (((index * 7919 + 104729 * (k + 1)) % 2003) / 1001.5 - 1).astype(np.float32).reshape(spec.shape)


def attention(q, k, v, causal=True):
    scores = jnp.einsum("bthd,bshd->bhts", q, k) / np.sqrt(q.shape[-1])
    if causal:
        scores = jnp.where(jnp.tril(jnp.ones((q.shape[1], k.shape[1]), bool)), scores, -jnp.inf)
    return jnp.einsum("bhts,bshd->bthd", nn.softmax(scores, axis=-1), v)


def norm(x, scale):
    mean = x.mean(-1, keepdims=True)
    var = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(var + 1e-5) * scale


def rms(x, scale):
    return x * lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-6) * scale


def block(x, wq, wk, wv, wo, w1, w2, s1, s2):
    b, t, d = x.shape
    h = norm(x, s1)
    q, k, v = ((h @ w).reshape(b, t, 2, d // 2) for w in (wq, wk, wv))
    x = x + attention(q, k, v).reshape(b, t, d) @ wo
    return x + nn.gelu(norm(x, s2) @ w1) @ w2


BLOCK = (floats(2, 5, 4),) + (floats(4, 4),) * 4 + (floats(4, 8), floats(8, 4), floats(4), floats(4))


def mlp(x, w1, b1, w2, b2):
    return jnp.tanh(x @ w1 + b1) @ w2 + b2


MLP = (floats(4, 8), floats(8, 16), floats(16), floats(16, 3), floats(3))


def moe(x, gate, wi, wo):
    """Top-2 gating with a capacity, dispatch and combine by einsums, as in GShard."""
    gates = nn.softmax(jnp.einsum("gsm,me->gse", x, gate))
    experts, capacity = gate.shape[1], 4
    first = nn.one_hot(jnp.argmax(gates, -1), experts)
    second = nn.one_hot(jnp.argmax(gates * (1 - first), -1), experts)
    at_first = (jnp.cumsum(first, 1) - first) * first
    at_second = (jnp.cumsum(second, 1) - second + first.sum(1, keepdims=True)) * second

    def slots(mask, at):
        inside = mask * (at < capacity)
        place = nn.one_hot((at * mask).sum(-1).astype(i32), capacity)
        return jnp.einsum("gse,gsc->gsec", gates * inside, place)

    combine = slots(first, at_first) + slots(second, at_second)
    dispatch = (combine > 0).astype(x.dtype)
    sent = jnp.einsum("gsec,gsm->egcm", dispatch, x)
    out = jnp.einsum("egch,ehm->egcm", nn.relu(jnp.einsum("egcm,emh->egch", sent, wi)), wo)
    return jnp.einsum("gsec,egcm->gsm", combine, out)


MOE = (floats(2, 6, 4), floats(4, 3), floats(3, 4, 8), floats(3, 8, 4))


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(nn.log_softmax(logits), labels[:, None], axis=1))


def layers(x, ws):
    def layer(h, w):
        h = jnp.tanh(h @ w)
        return h, h.sum()

    return lax.scan(layer, x, ws)


def cell(x, w, u):
    def step(h, now):
        h = jnp.tanh(now @ w + h @ u)
        return h, h

    return lax.scan(step, jnp.zeros((x.shape[1], u.shape[0])), x)


def decode(x, cache, w):
    """One new row in a cache at a place that the loop counts."""
    def body(i, state):
        h, cache = state
        cache = lax.dynamic_update_slice(cache, h[None, :], (i, 0))
        return jnp.tanh(cache.sum(0) @ w), cache

    return lax.fori_loop(0, 3, body, (x, cache))


def total(f, *wrt):
    return jax.grad(lambda *a: sum(jnp.sum(r * r) for r in jax.tree.leaves(f(*a))), argnums=wrt)


FUNCTIONS = {
    "mlp": (mlp, MLP),
    "mlp_gradient": (total(mlp, 0, 1, 2, 3, 4), MLP),
    "attention": (attention, (floats(2, 5, 3, 4),) * 3),
    "attention_full": (lambda q, k, v: attention(q, k, v, False), (floats(2, 5, 3, 4), floats(2, 6, 3, 4), floats(2, 6, 3, 4))),
    "attention_self": (lambda x: attention(x, x, x), (floats(2, 5, 3, 4),)),
    "attention_gradient": (total(attention, 0, 1, 2), (floats(2, 5, 3, 4),) * 3),
    "attention_library": (lambda q, k, v: nn.dot_product_attention(q, k, v, is_causal=True), (floats(2, 5, 4, 4), floats(2, 5, 2, 4), floats(2, 5, 2, 4))),
    "block": (block, BLOCK),
    "block_gradient": (total(block, *range(9)), BLOCK),
    "moe": (moe, MOE),
    "moe_gradient": (total(moe, 0, 1, 2, 3), MOE),
    "cross_entropy": (cross_entropy, (floats(4, 7), ints(4))),
    "cross_entropy_gradient": (jax.value_and_grad(cross_entropy), (floats(4, 7), ints(4))),
    "scan_layers": (layers, (floats(2, 4), floats(3, 4, 4))),
    "scan_layers_gradient": (total(layers, 0, 1), (floats(2, 4), floats(3, 4, 4))),
    "scan_cell": (cell, (floats(4, 2, 3), floats(3, 5), floats(5, 5))),
    "scan_cell_gradient": (total(cell, 0, 1, 2), (floats(4, 2, 3), floats(3, 5), floats(5, 5))),
    "scan_reverse": (lambda x: lax.scan(lambda c, r: (c * 0.5 + r, c), jnp.zeros(3), x, reverse=True), (floats(5, 3),)),
    "fori": (lambda x: lax.fori_loop(1, 6, lambda i, h: h * i + 1, x), (floats(3),)),
    "decode": (decode, (floats(4), floats(3, 4), floats(4, 4))),
    "embedding": (lambda t, i: t[i], (floats(10, 4), ints(2, 3))),
    "embedding_gradient": (total(lambda t, i: t[i], 0), (floats(10, 4), ints(2, 3))),
    "take_axis": (lambda t, i: jnp.take(t, i, axis=1), (floats(3, 7, 2), ints(4))),
    "take_pairs": (lambda t, i, j: t[i, :, j], (floats(6, 3, 5), ints(4), ints(4))),
    "take_pairs_gradient": (total(lambda t, i, j: t[i, :, j], 0), (floats(6, 3, 5), ints(4), ints(4))),
    "dynamic_slice": (lambda x, i: lax.dynamic_slice(x, (i[0], i[1]), (2, 3)), (floats(5, 6), ints(2))),
    "dynamic_update": (lambda x, y, i: lax.dynamic_update_slice(x, y, (i[0], i[2])), (floats(5, 6), floats(2, 3), ints(3))),
    "add_at": (lambda x, i, y: x.at[i].add(y), (floats(6, 3), ints(4), floats(4, 3))),
    "set_at": (lambda x, y: x.at[2].set(y), (floats(6, 3), floats(3))),
    "set_slice": (lambda x, y: x.at[1:3, ::2].set(y), (floats(4, 6), floats(2, 3))),
    "top_k": (lambda x: lax.top_k(x, 3), (floats(3, 6),)),
    "sort": (lambda x: (jnp.sort(x, 0), jnp.argsort(x, 1), jnp.sort(x, 1, descending=True)), (floats(5, 6),)),
    "sort_ties": (lambda i: (jnp.argsort(i), jnp.sort(i)), (ints(11),)),
    "arg_max": (lambda x, i: (jnp.argmax(x, 1), jnp.argmin(x, 0), jnp.argmax(i), jnp.argmin(i)), (floats(4, 5), ints(9))),
    "sums": (lambda x: (jnp.cumsum(x, 0), jnp.cumsum(x, 1), jnp.cumsum(x[:, ::-1], 1)), (floats(4, 5),)),
    "reductions": (lambda x: (x.sum(), x.max(0), x.min((0, 2)), x.mean(1, keepdims=True), x.var(2), jnp.any(x > 0.9, 1), jnp.all(x > -0.9, 2)), (floats(3, 4, 5),)),
    "log_sum_exp": (lambda x: nn.logsumexp(x, axis=1), (floats(3, 5),)),
    "softmax": (lambda x: nn.softmax(x, axis=0), (floats(3, 5),)),
    "softmax_gradient": (total(lambda x: nn.softmax(x), 0), (floats(3, 5),)),
    "activations": (lambda x: (nn.gelu(x), nn.gelu(x, approximate=False), nn.relu(x), nn.silu(x), nn.sigmoid(x), nn.softplus(x), nn.elu(x), nn.leaky_relu(x), nn.log_sigmoid(x)), (floats(4, 6),)),
    "activation_gradients": (lambda x: tuple(total(f, 0)(x) for f in (nn.gelu, nn.relu, nn.silu, nn.softplus)), (floats(4, 6),)),
    "functions": (lambda x: (jnp.exp(x), jnp.log(jnp.abs(x) + 1), jnp.sqrt(jnp.abs(x)), jnp.sin(x), jnp.cos(x), jnp.floor(x * 3), jnp.ceil(x * 3), jnp.round(x * 4), jnp.sign(x), jnp.expm1(x), jnp.log1p(x + 1), jnp.square(x), jnp.tan(x), jax.scipy.special.erf(3 * x), jax.scipy.special.erfc(3 * x)), (floats(5, 7),)),
    "binary": (lambda x, y: (x + y, x - y, x * y, x / y, jnp.maximum(x, y), jnp.minimum(x, y), jnp.abs(x) ** y, jnp.fmod(x, y), jnp.where(x > y, x, 0), jnp.clip(x, -0.5, 0.5)), (floats(4, 5), floats(5))),
    "integers": (lambda i, j: (i + j, i * j - 3, i // (j + 1), i % (j + 2), (i > j) & (j != 2), ~(i == j)), (ints(6), ints(6))),
    "converts": (lambda x, i: ((x * 3).astype(i32), i.astype(f32) / 2, x > 0, (x > 0).astype(f32), x.astype(jnp.bfloat16).astype(f32)), (floats(7), ints(7))),
    "layer_norm": (norm, (floats(3, 5), floats(5))),
    "rms_norm_gradient": (total(rms, 0, 1), (floats(3, 5), floats(5))),
    "shapes": (lambda x: (x.reshape(4, 15), x.reshape(6, 10), x.reshape(-1), x.T, x.transpose(1, 0, 2), x[:, None], jnp.squeeze(x[:1]), jnp.swapaxes(x, 0, 2).reshape(5, 12), jnp.broadcast_to(x[0], (2, 4, 5))), (floats(3, 4, 5),)),
    "slices": (lambda x: (x[1:, ::2], x[::-1], x[:, ::-1], x[-2:], x[1:] - x[:-1]), (floats(5, 6),)),
    "pads": (lambda x: (jnp.pad(x, ((1, 2), (0, 1))), jnp.pad(x, 1, constant_values=2), lax.pad(x, f32(0), ((-1, 1, 0), (1, -2, 1)))), (floats(4, 5),)),
    "joins": (lambda x, y: (jnp.concatenate([x, y]), jnp.stack([x[0], y[0]]), jnp.stack([x[1], y[1]], 1), jnp.tile(x, (2, 2)), jnp.repeat(y, 2, 0), jnp.roll(x, 1, 0)), (floats(3, 4), floats(2, 4))),
    "constants": (lambda x: (x * jnp.array([1.0, 2.0, 5.0]), jnp.arange(3) * 2 + 1, jnp.eye(3) @ x, jnp.linspace(0, 1, 3) + x, jnp.tri(3)), (floats(3),)),
    "transposed": (lambda x: (x @ x, x @ x.T, x.T + x, jnp.trace(x), jnp.diagonal(x)), (floats(4, 4),)),
    "einsums": (lambda a, b, c: (jnp.einsum("ab,bc,cd->ad", a, b, c), jnp.einsum("ab,bc->c", a, b), jnp.einsum("ab,cd->adbc", a, c), jnp.einsum("aab->b", jnp.stack([a[:2, :2]] * 2, 0))), (floats(2, 3), floats(3, 4), floats(4, 5))),
    "batched": (jax.vmap(lambda x, w: jnp.tanh(w @ x), in_axes=(0, None)), (floats(5, 3), floats(4, 3))),
    "jacobian": (jax.jacfwd(lambda x: jnp.tanh(x) * x.sum()), (floats(4),)),
    "hessian": (jax.hessian(lambda x: (x**3).sum() * x[0]), (floats(3),)),
    "pooling": (lambda x: (lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2), (1, 2, 2), "VALID"), lax.reduce_window(x, 0.0, lax.add, (1, 3, 1), (1, 1, 1), "SAME")), (floats(2, 6, 4),)),
    "rope": (lambda x: jnp.concatenate([x[..., :2] * jnp.cos(jnp.arange(5.0))[:, None] - x[..., 2:] * jnp.sin(jnp.arange(5.0))[:, None], x[..., 2:] * jnp.cos(jnp.arange(5.0))[:, None] + x[..., :2] * jnp.sin(jnp.arange(5.0))[:, None]], -1), (floats(2, 5, 4),)),
    "adam": (lambda w, g, m, v: (w - 0.1 * (0.9 * m + 0.1 * g) / (jnp.sqrt(0.99 * v * v + 0.01 * g * g) + 1e-8), 0.9 * m + 0.1 * g), (floats(3, 4),) * 4),
    "checkpoint": (total(jax.checkpoint(mlp), 1, 3), MLP),
    "custom": (total(jax.nn.relu6, 0), (floats(7),)),
    "while_sum": (lambda x: lax.while_loop(lambda s: s[0] < 7, lambda s: (s[0] + 2, s[1] * 0.5 + x), (1, x))[1], (floats(3),)),
    "branches": (lambda x, i: (lax.cond(x[0] > 0, lambda: x * 2, lambda: x - 1), lax.switch(i[1], [jnp.sin, jnp.cos, jnp.tanh], x), lax.cond(i[0] > 3, jnp.sum, jnp.max, x)), (floats(3), ints(2))),
    "eye": (lambda x: (jnp.eye(4)[1:], jnp.diag(x), jnp.triu(jnp.outer(x, x))), (floats(4),)),
    "nested_scan": (lambda x: lax.scan(lambda c, r: (lax.scan(lambda d, e: (d * 0.5 + e, d), c, r)[0], c), f32(0), x), (floats(3, 4),)),
}


def main(folder):
    results, names = {}, sorted(FUNCTIONS)
    open(f"{folder}/functions.txt", "w").write("\n".join(names) + "\n")
    for name, (function, specs) in FUNCTIONS.items():
        lowered = jax.jit(function, keep_unused=True).lower(*specs)
        with open(f"{folder}/{name}.mlir", "w") as file:
            file.write(lowered.as_text())
        out = jax.tree.leaves(jax.jit(function)(*[given(spec, k) for k, spec in enumerate(specs)]))
        for k, result in enumerate(out):
            results[f"{name}.{k}"] = np.asarray(result)
    np.savez_compressed(f"{folder}/results.npz", **results)
    print(len(FUNCTIONS), "functions, jax", jax.__version__)


if __name__ == "__main__":
    main(sys.argv[1])
