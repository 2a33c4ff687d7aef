"""The lines between `shardsum differ` and a runner, see docs/differ.md."""

import json
import sys

from program import Unsupported, read


def element(value):
    if isinstance(value, float) and (value != value or value in (float('inf'), float('-inf'))):
        return 'NaN' if value != value else 'Infinity' if value > 0 else '-Infinity'
    return value


def serve(hello, run):
    """Answers each line of standard input with `run(program, inputs, mesh)`, the arrays of outputs by name.

    `inputs` are lists of numbers in row-major order by name; `mesh` is a list of names and sizes.
    """
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(hello), file=out, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = {'id': request['id']}
        try:
            program = read(request['program'])
            inputs = {name: [float(e) if isinstance(e, str) else e for e in tensor['elements']]
                      for name, tensor in request['inputs'].items()}
            mesh = [(axis.split('=')[0], int(axis.split('=')[1])) for axis in request['mesh'].replace(',', ' ').split()]
            values = run(program, inputs, mesh)
            answer['values'] = {
                name: {'elements': [element(e) for e in value.reshape(-1).tolist()]} for name, value in values.items()}
        except Unsupported as lacking:
            answer['unsupported'] = str(lacking)
        except Exception as failed:
            answer['failure'] = '%s: %s' % (type(failed).__name__, failed)
        print(json.dumps(answer), file=out, flush=True)
