#!/usr/bin/env python3
"""A runner of `shardsum differ` that evaluates programs with NumPy. It has no devices, so layouts have no effect."""

import warnings

import numpy as np

from program import Evaluator
from serve import serve

DTYPES = {'i32': np.int32, 'i64': np.int64, 'f32': np.float32, 'f64': np.float64, 'bool': np.bool_}


class NumPy(Evaluator):
    def op_top_k(self, s, x, kinds, out):
        axis = self.along(kinds[0], s.attributes['label'])
        # Bools have no sign.
        keys = -(x[0].astype(np.int8) if kinds[0].dtype == 'bool' else x[0])
        order = np.argsort(keys, axis=axis, kind='stable')
        order = self.cut(order, axis, 0, int(s.attributes['k']), 1)
        return [np.take_along_axis(x[0], order, axis), order.astype(np.int32)]


def run(program, inputs, mesh):
    arrays = {name: np.array(inputs[name], dtype=DTYPES[program.types[name].dtype]).reshape(program.types[name].sizes)
              for name in program.inputs}
    with warnings.catch_warnings(), np.errstate(all='ignore'):
        warnings.simplefilter('ignore')
        return NumPy(np, DTYPES).run(program, arrays)


if __name__ == '__main__':
    serve({'runner': 'numpy', 'version': np.__version__, 'operations': Evaluator.OPERATIONS, 'dtypes': list(DTYPES)}, run)
