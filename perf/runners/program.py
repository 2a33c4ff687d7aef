"""Programs of Shardsum as Python values: a reader of their text, and an evaluator over an array library.

The text is described in docs/programs.md. The reader takes the printed form, in which every value has its type.
"""

import re

TYPE = re.compile(r'(\w+)\[([^]]*)\]')


class Unsupported(Exception):
    """The evaluator lacks an operation."""


class Type:
    """A dtype, labels, sizes, and for each label its mesh axes."""

    def __init__(self, text):
        match = TYPE.fullmatch(text.strip())
        if not match:
            raise ValueError('type: must be like f32[a=2 b@x=3], got ' + text)
        self.dtype, self.labels, self.sizes, self.axes = match[1], [], [], []
        self.partial = ()
        terms, _, partial = match[2].partition('|')
        self.partial = tuple(partial.split())
        for term in terms.split():
            name, size = term.split('=')
            label, _, axes = name.partition('@')
            self.labels.append(label)
            self.sizes.append(int(size))
            self.axes.append(tuple(axis for axis in axes.split('.') if axis))

    def size(self, label):
        return self.sizes[self.labels.index(label)]


class Statement:
    def __init__(self, results, operation, operands, attributes):
        self.results, self.operation, self.operands, self.attributes = results, operation, operands, attributes


class Program:
    def __init__(self):
        self.inputs, self.statements, self.outputs, self.types = [], [], [], {}


class Reader:
    def __init__(self, text):
        self.text, self.at = text, 0

    def skip(self):
        while self.at < len(self.text):
            if self.text[self.at].isspace():
                self.at += 1
            elif self.text[self.at] == '#':
                end = self.text.find('\n', self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def peek(self, word):
        self.skip()
        return self.text.startswith(word, self.at)

    def take(self, word):
        if not self.peek(word):
            raise ValueError('program: must have %r at %r' % (word, self.text[self.at:self.at + 40]))
        self.at += len(word)

    def match(self, pattern):
        self.skip()
        match = re.compile(pattern).match(self.text, self.at)
        if not match:
            raise ValueError('program: must match %s at %r' % (pattern, self.text[self.at:self.at + 40]))
        self.at = match.end()
        return match[0]

    def name(self):
        return self.match(r'[\w.%]+')

    def program(self):
        program = Program()
        self.take('program')
        self.name()
        self.take('{')
        while not self.peek('}'):
            word = self.name()
            if word == 'input' and not self.peek(':') and not self.peek(',') and not self.peek('='):
                name = self.name()
                self.take(':')
                program.types[name] = self.type()
                program.inputs.append(name)
            elif word == 'output' and not self.peek(':') and not self.peek(',') and not self.peek('='):
                program.outputs = self.names()
            else:
                program.statements.append(self.statement(word, program.types))
        self.take('}')
        return program

    def names(self):
        names = [self.name()]
        while self.peek(','):
            self.take(',')
            names.append(self.name())
        return names

    def type(self):
        return Type(self.match(r'\w+\[[^]]*\]'))

    def statement(self, first, types):
        results = [first]
        while True:
            if self.peek(':'):
                self.take(':')
                types[results[-1]] = self.type()
            if not self.peek(','):
                break
            self.take(',')
            results.append(self.name())
        self.take('=')
        operation, operands, attributes = self.name(), [], {}
        if self.peek('('):
            self.take('(')
            if not self.peek(')'):
                operands = self.names()
            self.take(')')
        if self.peek('{'):
            self.take('{')
            while not self.peek('}'):
                key = self.name()
                self.take('=')
                attributes[key] = self.value()
                if self.peek(','):
                    self.take(',')
            self.take('}')
        return Statement(results, operation, operands, attributes)

    def value(self):
        if self.peek('program'):
            return self.program()
        if self.peek('['):
            self.take('[')
            items = []
            while not self.peek(']'):
                items.append(self.value())
                if self.peek(','):
                    self.take(',')
            self.take(']')
            return items
        if self.peek('"'):
            return self.match(r'"[^"]*"')[1:-1]
        word = self.match(r'[^\s,}\]]+')
        return {'true': True, 'false': False}.get(word, word)


def read(text):
    return Reader(text).program()


def number(text):
    """A number of the text, which may be an integer of 64 bits."""
    if isinstance(text, bool):
        return text
    text = {'Infinity': 'inf', '-Infinity': '-inf', 'NaN': 'nan'}.get(text, text)
    try:
        return int(text)
    except ValueError:
        return float(text)


class Evaluator:
    """Evaluates statements with a library that has NumPy's functions.

    A library may override `constrain`, which gets each value that an annotation lays out.
    """

    def __init__(self, library, dtypes):
        self.np, self.dtypes = library, dtypes

    OPERATIONS = [
        'negate', 'abs', 'sign', 'floor', 'relu', 'not', 'add', 'subtract', 'multiply', 'divide', 'remainder', 'maximum', 'minimum',
        'and', 'or', 'xor', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'select', 'convert', 'ragged', 'einsum', 'reduce_sum', 'reduce_max',
        'reduce_min', 'cumulative_sum', 'top_k', 'arg_max', 'one_hot', 'constant', 'iota', 'annotate', 'slice', 'pad', 'concatenate',
        'shift', 'window', 'split', 'merge', 'scan', 'composite']

    def run(self, program, inputs):
        """The values of the outputs, by name, from those of the inputs."""
        for kind in program.types.values():
            if kind.dtype not in self.dtypes:
                raise Unsupported(kind.dtype)
        values = dict(inputs)
        for statement in program.statements:
            method = getattr(self, 'op_' + statement.operation, None)
            if method is None:
                raise Unsupported(statement.operation)
            results = method(statement, [values[name] for name in statement.operands],
                             [program.types[name] for name in statement.operands],
                             [program.types[name] for name in statement.results])
            for name, value in zip(statement.results, results if isinstance(results, list) else [results]):
                values[name] = value
        return {name: values[name] for name in program.outputs}

    def constrain(self, value, kind, layout):
        return value

    # Shapes

    def broadcast(self, value, kind, labels):
        """The value with all of some labels in their order; a label that it lacks has one element."""
        order = [kind.labels.index(label) for label in labels if label in kind.labels]
        moved = self.np.transpose(value, order)
        return self.np.reshape(moved, [kind.size(label) if label in kind.labels else 1 for label in labels])

    def like(self, values, kinds, result):
        return [self.np.broadcast_to(self.broadcast(value, kind, result.labels), result.sizes)
                for value, kind in zip(values, kinds)]

    def along(self, kind, label):
        return kind.labels.index(label)

    # Pointwise

    def integer(self, kind):
        return kind.dtype in ('i32', 'i64')

    def op_negate(self, s, x, kinds, out):
        return -x[0]

    def op_abs(self, s, x, kinds, out):
        return self.np.abs(x[0])

    def op_sign(self, s, x, kinds, out):
        return self.np.sign(x[0])

    def op_floor(self, s, x, kinds, out):
        return self.np.floor(x[0])

    def op_relu(self, s, x, kinds, out):
        return self.np.maximum(x[0], self.np.zeros_like(x[0]))

    def op_not(self, s, x, kinds, out):
        return self.np.logical_not(x[0])

    def two(function):
        def run(self, s, x, kinds, out):
            a, b = self.like(x, kinds, out[0])
            return function(self, a, b, kinds[0])
        return run

    def truncated(self, a, b, kind):
        """The quotient rounded toward zero, where b is not zero."""
        quotient = a // b
        return quotient + self.np.where((quotient * b != a) & ((a < 0) != (b < 0)), 1, 0).astype(a.dtype)

    def divided(self, a, b, kind):
        if not self.integer(kind):
            return a / b
        safe = self.np.where(b == 0, self.np.ones_like(b), b)
        return self.np.where(b == 0, -self.np.ones_like(a), self.truncated(a, safe, kind))

    def remaining(self, a, b, kind):
        if not self.integer(kind):
            return self.np.fmod(a, b)
        safe = self.np.where(b == 0, self.np.ones_like(b), b)
        return self.np.where(b == 0, a, a - safe * self.truncated(a, safe, kind))

    op_add = two(lambda self, a, b, kind: a + b)
    op_subtract = two(lambda self, a, b, kind: a - b)
    op_multiply = two(lambda self, a, b, kind: a * b)
    op_divide = two(divided)
    op_remainder = two(remaining)
    op_maximum = two(lambda self, a, b, kind: self.np.maximum(a, b))
    op_minimum = two(lambda self, a, b, kind: self.np.minimum(a, b))
    op_and = two(lambda self, a, b, kind: self.np.logical_and(a, b))
    op_or = two(lambda self, a, b, kind: self.np.logical_or(a, b))
    op_xor = two(lambda self, a, b, kind: self.np.logical_xor(a, b))
    op_eq = two(lambda self, a, b, kind: a == b)
    op_ne = two(lambda self, a, b, kind: a != b)
    op_lt = two(lambda self, a, b, kind: a < b)
    op_le = two(lambda self, a, b, kind: a <= b)
    op_gt = two(lambda self, a, b, kind: a > b)
    op_ge = two(lambda self, a, b, kind: a >= b)

    def op_select(self, s, x, kinds, out):
        return self.np.where(*self.like(x, kinds, out[0]))

    def op_convert(self, s, x, kinds, out):
        if out[0].dtype == 'bool':
            return x[0] != 0
        return x[0].astype(self.dtypes[out[0].dtype])

    def op_ragged(self, s, x, kinds, out):
        label = s.attributes['label']
        lengths = self.np.broadcast_to(self.broadcast(x[1], kinds[1], out[0].labels), out[0].sizes)
        return self.np.where(self.indices(out[0], label, 'i64') < lengths, x[0], self.full(out[0], s.attributes['fill']))

    # Sums

    def op_einsum(self, s, x, kinds, out):
        left, right = s.attributes['equation'].split('->')
        texts = left.split(',') + [right]
        # Labels are words if a term has two of them or a bar, else letters.
        words = any(len(text.split()) > 1 for text in texts)
        *operands, result = [text.replace('|', '').split() if words else list(text.strip()) for text in texts]
        kind, letters = out[0], {}
        terms = [[letters.setdefault(label, len(letters)) for label in term] for term in operands]
        known = [label for label in result if label in letters]
        whole = kind.dtype == 'bool'
        values = [value.astype(self.dtypes['i32']) if whole else value for value in x]
        pairs = [part for pair in zip(values, terms) for part in pair]
        value = self.np.einsum(*pairs, [letters[label] for label in known])
        value = value != 0 if whole else value.astype(self.dtypes[kind.dtype])
        shape = [size if label in letters else 1 for label, size in zip(result, kind.sizes)]
        return self.np.broadcast_to(self.np.reshape(value, shape), kind.sizes)

    def reduced(self, s, x, kind, function, empty):
        axes = tuple(self.along(kind, label) for label in s.attributes['labels'])
        if not axes:
            return x
        sizes = [size for axis, size in enumerate(kind.sizes) if axis not in axes]
        if 0 in [kind.sizes[axis] for axis in axes]:
            return self.np.broadcast_to(self.np.asarray(empty, dtype=self.dtypes[kind.dtype]), sizes)
        return function(x, axis=axes).astype(self.dtypes[kind.dtype])

    def op_reduce_sum(self, s, x, kinds, out):
        return self.reduced(s, x[0], kinds[0], self.np.sum, 0)

    def least(self, dtype, sign):
        if dtype == 'bool':
            return sign > 0
        if dtype in ('i32', 'i64'):
            info = self.np.iinfo(self.dtypes[dtype])
            return info.max if sign > 0 else info.min
        return sign * float('inf')

    def op_reduce_max(self, s, x, kinds, out):
        return self.reduced(s, x[0], kinds[0], self.np.max, self.least(kinds[0].dtype, -1))

    def op_reduce_min(self, s, x, kinds, out):
        return self.reduced(s, x[0], kinds[0], self.np.min, self.least(kinds[0].dtype, 1))

    def op_cumulative_sum(self, s, x, kinds, out):
        axis = self.along(kinds[0], s.attributes['label'])
        value = self.np.flip(x[0], axis) if s.attributes['reverse'] else x[0]
        sums = self.np.cumsum(value, axis=axis).astype(value.dtype)
        if s.attributes['exclusive']:
            sums = sums - value
        return self.np.flip(sums, axis) if s.attributes['reverse'] else sums

    # Selection

    def op_arg_max(self, s, x, kinds, out):
        return self.np.argmax(x[0], axis=self.along(kinds[0], s.attributes['label'])).astype(self.dtypes['i32'])

    def op_one_hot(self, s, x, kinds, out):
        return (self.np.expand_dims(x[0], -1) == self.indices(out[0], s.attributes['label'], kinds[0].dtype)).astype(
            self.dtypes[out[0].dtype])

    # Sources

    def full(self, kind, text):
        return self.np.full(kind.sizes, number(text), dtype=self.dtypes[kind.dtype])

    def indices(self, kind, label, dtype):
        axis = self.along(kind, label)
        shape = [size if i == axis else 1 for i, size in enumerate(kind.sizes)]
        return self.np.broadcast_to(self.np.reshape(self.np.arange(kind.sizes[axis], dtype=self.dtypes[dtype]), shape), kind.sizes)

    def op_constant(self, s, x, kinds, out):
        return self.full(out[0], s.attributes['value'])

    def op_iota(self, s, x, kinds, out):
        return self.indices(out[0], s.attributes['label'], out[0].dtype)

    # Movement

    def op_annotate(self, s, x, kinds, out):
        return self.constrain(x[0], kinds[0], s.attributes['layout'])

    def cut(self, value, axis, start, end, step):
        return value[tuple(slice(start, end, step) if i == axis else slice(None) for i in range(value.ndim))]

    def op_slice(self, s, x, kinds, out):
        start, end, step = (int(number(s.attributes[key])) for key in ('from', 'to', 'step'))
        return self.cut(x[0], self.along(kinds[0], s.attributes['label']), start, end, step)

    def sized(self, kind, axis, size, text):
        sizes = list(kind.sizes)
        sizes[axis] = size
        return self.np.full(sizes, number(text), dtype=self.dtypes[kind.dtype])

    def padded(self, value, kind, axis, low, high, text):
        parts = [self.sized(kind, axis, low, text), value, self.sized(kind, axis, high, text)]
        return self.np.concatenate(parts, axis=axis)

    def op_pad(self, s, x, kinds, out):
        low, high, interior = (int(number(s.attributes[key])) for key in ('low', 'high', 'interior'))
        axis, fill = self.along(kinds[0], s.attributes['label']), s.attributes['fill']
        value, size = x[0], kinds[0].sizes[axis]
        if interior and size:
            apart = self.np.expand_dims(value, axis + 1)
            gaps = self.np.broadcast_to(self.np.asarray(number(fill), dtype=value.dtype),
                                        apart.shape[:axis + 1] + (interior,) + apart.shape[axis + 2:])
            spread = self.np.concatenate([apart, gaps], axis=axis + 1)
            sizes = list(kinds[0].sizes)
            sizes[axis] = size * (interior + 1)
            value = self.cut(self.np.reshape(spread, sizes), axis, 0, sizes[axis] - interior, 1)
        return self.padded(value, kinds[0], axis, low, high, fill)

    def op_concatenate(self, s, x, kinds, out):
        return self.np.concatenate(x, axis=self.along(kinds[0], s.attributes['label']))

    def op_shift(self, s, x, kinds, out):
        axis, fill = self.along(kinds[0], s.attributes['label']), s.attributes['fill']
        by, size = int(number(s.attributes['by'])), kinds[0].sizes[axis]
        if by >= 0:
            return self.padded(self.cut(x[0], axis, 0, max(size - by, 0), 1), kinds[0], axis, min(by, size), 0, fill)
        return self.padded(self.cut(x[0], axis, min(-by, size), size, 1), kinds[0], axis, 0, min(-by, size), fill)

    def op_window(self, s, x, kinds, out):
        axis = self.along(kinds[0], s.attributes['label'])
        size, stride, dilation = (int(number(s.attributes[key])) for key in ('size', 'stride', 'dilation'))
        count = out[0].size(s.attributes['label'])
        parts = [self.cut(x[0], axis, i * dilation, i * dilation + max(count - 1, 0) * stride + 1, stride) for i in range(size)]
        parts = [self.cut(part, axis, 0, count, 1) for part in parts]
        return self.np.stack(parts, axis=axis + 1)

    def op_split(self, s, x, kinds, out):
        return self.np.reshape(x[0], out[0].sizes)

    op_merge = op_split

    # Nested programs

    def op_composite(self, s, x, kinds, out):
        body = s.attributes['decomposition']
        return list(self.run(body, dict(zip(body.inputs, x))).values())

    def op_scan(self, s, x, kinds, out):
        body, count = s.attributes['body'], int(number(s.attributes['count']))
        carried, sequences = int(number(s.attributes['carried'])), int(number(s.attributes['sequences']))
        state, rest, stacked = list(x[:carried]), list(x[carried + sequences:]), []
        axes = [kind.labels.index(s.attributes['label']) for kind in kinds[carried:carried + sequences]]
        rounds = range(count - 1, -1, -1) if s.attributes['reverse'] else range(count)
        for i in rounds:
            reads = [value[tuple(i if j == axis else slice(None) for j in range(value.ndim))]
                     for value, axis in zip(x[carried:], axes)]
            results = self.run(body, dict(zip(body.inputs, state + reads + rest)))
            results = [results[name] for name in body.outputs]
            state = results[:carried]
            stacked.append(results[carried:])
        if s.attributes['reverse']:
            stacked.reverse()
        last = []
        for i, kind in enumerate(out[carried:]):
            axis = kind.labels.index(s.attributes['label'])
            last.append(self.np.stack([each[i] for each in stacked], axis=axis) if stacked
                        else self.np.zeros(kind.sizes, dtype=self.dtypes[kind.dtype]))
        return state + last
