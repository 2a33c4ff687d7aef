"""Writes what JAX gives for the losses and gradients of the programs beside it, as .npz files.

python3 jax_gradients.py FOLDER    (the folder of the .program files; needs jax)
"""

import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


def attention(x, wq, wk, wv, wo):
    q = jnp.einsum("btm,mhd->bthd", x, wq)
    k = jnp.einsum("bsm,mhd->bshd", x, wk)
    v = jnp.einsum("bsm,mhd->bshd", x, wv)
    scores = jnp.einsum("bthd,bshd->bhts", q, k) * 0.5773502691896258
    scores = jnp.where(jnp.tril(jnp.ones((5, 5), bool)), scores, -jnp.inf)
    mixed = jnp.einsum("bhts,bshd->bthd", jax.nn.softmax(scores, axis=-1), v)
    residual = x + jnp.einsum("bthd,hdm->btm", mixed, wo)
    centred = residual - residual.mean(-1, keepdims=True)
    normal = centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 0.00001)
    return (normal * centred**2).sum()


def convolution(x, w, bias, wide):
    product = jax.lax.conv_general_dilated(
        x, w, window_strides=(2,), padding="VALID", rhs_dilation=(2,), dimension_numbers=("NWC", "WIO", "NWC")
    )
    h = jnp.tanh(product + bias)
    moved = jnp.pad(h, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    pooled = jnp.concatenate([h, moved], -1)[..., ::2].max(1)
    return -jax.nn.log_softmax(pooled @ wide)[jnp.arange(3), jnp.arange(3)].sum()


def recurrence(first, xs, w, u):
    def step(state, x):
        total = state @ w + x @ u
        mixed = jax.nn.sigmoid(total) * jnp.tanh(total)
        return mixed, mixed

    last, states = jax.lax.scan(step, first, xs, reverse=True)
    sums = jnp.cumsum(states, 0) - states
    return (sums * states).sum() + last.sum()


def pointwise(x, y):
    positive = jnp.exp(x) + jnp.exp(y)
    chosen = jnp.where(x < y, jax.nn.sigmoid(x), jnp.abs(x) / jnp.exp(y))
    return (
        jnp.log(positive) * jnp.tanh(-x)
        + jnp.sqrt(positive) * jnp.floor(x)
        + jax.lax.rsqrt(positive) * jax.nn.relu(x)
        + (x - y) * jnp.maximum(jnp.sin(x), y)
        + jnp.fmod(jnp.exp(x), jnp.exp(y)) * jnp.minimum(x, jnp.cos(y))
        + jnp.sign(y) * chosen
        + jnp.power(positive, y) * jnp.cos(y)
    ).sum()


def selection(x, table, v):
    values, indices = jax.lax.top_k(x, 2)
    mixed = jnp.einsum("akm,ak,km->am", table[indices], values, v)
    best_of = x[:, jnp.argmax(table, axis=0)]
    kept = jnp.arange(5)[None, :] < (jnp.arange(3) + 2)[:, None]
    mean = jax.nn.softmax(jnp.where(kept, x, -jnp.inf), axis=1) @ table
    return (mixed * mean * best_of).sum() + x.min() * table.max(1).sum()


def movement(x, y):
    padded = jax.lax.pad(x[1:6:2], 0.5, ((1, 2, 1), (0, 0, 0)))
    both = jnp.concatenate([padded, y], 0)
    moved = jnp.concatenate([both[2:], jnp.full((2, 3), 0.25)], 0)
    merged = moved.reshape(5, 2, 3).transpose(2, 0, 1).reshape(15, 2)
    windows = merged[2 * jnp.arange(6)[:, None] + 2 * jnp.arange(3)[None, :]]
    running = jnp.flip(jnp.cumsum(jnp.flip(windows, 0), 0), 0)
    return (running**2).sum() + (jnp.diagonal(x[:3]) ** 3).sum()


def composites(x, w):
    def gated(x, w):  # two results, and a composite in a composite
        narrow = x.astype(jnp.float32).astype(jnp.float64)
        product = jnp.einsum("ab,bc->ac", narrow * jnp.exp(x), w)
        return jnp.tanh(product), product.argmax(1)

    h, best = gated(x, w)
    counts = (x > 0).astype(jnp.float64).sum(1).astype(jnp.int32).astype(jnp.float64)
    picked = jax.nn.one_hot(best, 4, dtype=jnp.float64)
    both = ((x <= 0) | (x == 0)) & (x != 0)
    bent = jnp.where(both ^ ~(x == 0), x * x, -x)
    return (h * picked * counts[:, None]).sum() + (h * h).sum() + bent.sum()


CASES = {
    "attention": (
        attention,
        {"x": (2, 5, 6), "wq": (6, 2, 3), "wk": (6, 2, 3), "wv": (6, 2, 3), "wo": (2, 3, 6)},
    ),
    "composites": (composites, {"x": (3, 2), "w": (2, 4)}),
    "convolution": (convolution, {"x": (3, 11, 2), "w": (3, 2, 4), "bias": (4,), "wide": (4, 5)}),
    "movement": (movement, {"x": (6, 3), "y": (2, 3)}),
    "pointwise": (pointwise, {"x": (3, 4), "y": (4,)}),
    "selection": (selection, {"x": (3, 5), "table": (5, 2), "v": (2, 2)}),
    "recurrence": (recurrence, {"first": (2, 3), "xs": (6, 2, 4), "w": (3, 3), "u": (4, 3)}),
}


def main(folder):
    for name, (function, shapes) in CASES.items():
        random = np.random.default_rng(7)
        inputs = {key: random.standard_normal(shape) for key, shape in shapes.items()}
        loss, gradients = jax.value_and_grad(function, argnums=tuple(range(len(inputs))))(*inputs.values())
        arrays = {"in." + key: value for key, value in inputs.items()}
        arrays["loss"] = np.asarray(loss)
        for key, gradient in zip(inputs, gradients):
            arrays["gradient." + key] = np.asarray(gradient)
        np.savez(f"{folder}/{name}.npz", **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
