#!/usr/bin/env python3
"""A runner of `shardsum differ` that jits programs with JAX over devices of the host.

An input whose layout divides its sizes arrives laid out; any other is constrained inside the program. Labels that an
annotation leaves open stay open.
"""

import os

os.environ.setdefault('XLA_FLAGS', '--xla_force_host_platform_device_count=%s' % os.environ.get('SHARDSUM_DEVICES', '8'))
os.environ.setdefault('JAX_PLATFORMS', 'cpu')

import jax

jax.config.update('jax_enable_x64', True)

import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from program import Evaluator, Unsupported
from serve import serve

DTYPES = {'i32': jnp.int32, 'i64': jnp.int64, 'f32': jnp.float32, 'f64': jnp.float64, 'bool': jnp.bool_}


class Jax(Evaluator):
    def __init__(self, mesh):
        super().__init__(jnp, DTYPES)
        self.mesh = mesh

    def constrain(self, value, kind, layout):
        terms, _, partial = layout.partition('|')
        if partial.split():
            raise Unsupported('annotate with a partial sum')
        named = {}
        for term in terms.split():
            label, _, axes = term.rstrip('?').partition('@')
            named[label] = tuple(axes.split('.')) if axes else (PartitionSpec.UNCONSTRAINED if term.endswith('?') else None)
        spec = [named.get(label, PartitionSpec.UNCONSTRAINED) for label in kind.labels]
        return jax.lax.with_sharding_constraint(value, NamedSharding(self.mesh, PartitionSpec(*spec)))

    def op_remainder(self, s, x, kinds, out):
        a, b = self.like(x, kinds, out[0])
        return jax.lax.rem(a, b)

    def op_top_k(self, s, x, kinds, out):
        axis = self.along(kinds[0], s.attributes['label'])
        values, order = jax.lax.top_k(jnp.moveaxis(x[0], axis, -1), int(s.attributes['k']))
        return [jnp.moveaxis(values, -1, axis), jnp.moveaxis(order, -1, axis).astype(jnp.int32)]


def run(program, inputs, mesh):
    devices = np.array(jax.devices()[:int(np.prod([size for _, size in mesh]))]).reshape([size for _, size in mesh])
    devices = Mesh(devices, [name for name, _ in mesh])
    sizes = dict(mesh)
    evaluator, arrays, late = Jax(devices), {}, {}
    for name in program.inputs:
        kind = program.types[name]
        array = np.array(inputs[name], dtype=DTYPES[kind.dtype]).reshape(kind.sizes)
        sharding = NamedSharding(devices, PartitionSpec(*[axes or None for axes in kind.axes]))
        if all(size % int(np.prod([sizes[axis] for axis in axes] or [1])) == 0 for size, axes in zip(kind.sizes, kind.axes)):
            arrays[name] = jax.device_put(array, sharding)
        else:
            arrays[name], late[name] = array, sharding

    def function(values):
        laid = {name: jax.lax.with_sharding_constraint(value, late[name]) if name in late else value
                for name, value in values.items()}
        return evaluator.run(program, laid)

    return {name: np.asarray(value) for name, value in jax.jit(function)(arrays).items()}


if __name__ == '__main__':
    serve({'runner': 'jax', 'version': jax.__version__, 'operations': Evaluator.OPERATIONS, 'dtypes': list(DTYPES)}, run)
