#!/usr/bin/env python3
"""A runner of `shardsum differ` that jits programs with JAX over devices of the host.

An input whose layout divides its sizes arrives laid out; any other is constrained inside the program. Labels that an
annotation leaves open stay open.
"""

import importlib.metadata
import math
import os

import numpy as np

from program import Evaluator, Unsupported
from serve import serve

DTYPES = {'i32': np.int32, 'i64': np.int64, 'f32': np.float32, 'f64': np.float64, 'bool': np.bool_}


class Jax(Evaluator):
    def __init__(self, jax, mesh):
        super().__init__(jax.numpy, DTYPES)
        self.jax, self.mesh = jax, mesh

    def sharding(self, axes):
        return self.jax.sharding.NamedSharding(self.mesh, self.jax.sharding.PartitionSpec(*axes))

    def constrain(self, value, kind, layout):
        terms, _, partial = layout.partition('|')
        if partial.split():
            raise Unsupported('annotate with a partial sum')
        is_open, axes = self.jax.sharding.PartitionSpec.UNCONSTRAINED, {}
        for term in terms.split():
            label, _, named = term.rstrip('?').partition('@')
            axes[label] = tuple(named.split('.')) if named else is_open if term.endswith('?') else None
        sharding = self.sharding([axes.get(label, is_open) for label in kind.labels])
        return self.jax.lax.with_sharding_constraint(value, sharding)

    def op_remainder(self, s, x, kinds, out):
        return self.jax.lax.rem(*self.like(x, kinds, out[0]))

    def op_top_k(self, s, x, kinds, out):
        axis = self.along(kinds[0], s.attributes['label'])
        values, order = self.jax.lax.top_k(self.np.moveaxis(x[0], axis, -1), int(s.attributes['k']))
        return [self.np.moveaxis(values, -1, axis), self.np.moveaxis(order, -1, axis).astype(np.int32)]


def started(devices):
    """JAX, which takes the number of devices of the host once, when it starts."""
    os.environ.setdefault('XLA_FLAGS', '--xla_force_host_platform_device_count=%d' % devices)
    os.environ.setdefault('JAX_PLATFORMS', 'cpu')
    import jax

    jax.config.update('jax_enable_x64', True)
    return jax


def run(program, inputs, mesh):
    sizes = dict(mesh)
    jax = started(math.prod(sizes.values()))
    devices = np.array(jax.devices()[:math.prod(sizes.values())]).reshape(list(sizes.values()))
    evaluator, arrays, late = Jax(jax, jax.sharding.Mesh(devices, list(sizes))), {}, {}
    for name in program.inputs:
        kind = program.types[name]
        array = np.array(inputs[name], dtype=DTYPES[kind.dtype]).reshape(kind.sizes)
        sharding = evaluator.sharding([axes or None for axes in kind.axes])
        if all(size % math.prod(sizes[axis] for axis in axes) == 0 for size, axes in zip(kind.sizes, kind.axes)):
            arrays[name] = jax.device_put(array, sharding)
        else:
            arrays[name], late[name] = array, sharding

    def function(values):
        laid = {name: jax.lax.with_sharding_constraint(value, late[name]) if name in late else value
                for name, value in values.items()}
        return evaluator.run(program, laid)

    try:
        return {name: np.asarray(value) for name, value in jax.jit(function)(arrays).items()}
    except ValueError as refused:
        # An array has parts of one size, so an output cannot keep a layout that does not divide it.
        if type(refused).__name__ == 'IndivisibleError':
            raise Unsupported('an output whose layout does not divide it') from refused
        raise


if __name__ == '__main__':
    serve({'runner': 'jax', 'version': importlib.metadata.version('jax'), 'operations': Evaluator.OPERATIONS,
           'dtypes': list(DTYPES)}, run)
