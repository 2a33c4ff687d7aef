"""Makes opt_einsum.jsonl: networks, and the best path that opt_einsum finds for each.

    python make_paths.py > opt_einsum.jsonl       # opt_einsum 3.4; about a quarter of an hour

Networks of up to 16 operands get the best of `dp` (outer products searched up to 10 operands), of `optimal` (up to 7) and of
`random-greedy`; larger ones the best that one process of `random-greedy` finds in SECONDS. The networks are the same in every run; the paths of
`random-greedy` depend on the machine's speed. Every path is written as opt_einsum gives it, so that its cost can be counted by
another.
"""
import json
import random
import sys

import opt_einsum
from opt_einsum.paths import DynamicProgramming
from opt_einsum.path_random import RandomGreedy

SECONDS = 3
DIMENSIONS = (2, 3, 4, 5, 8, 16)


class Net:
    """Terms as lists of label numbers, the output, and the labels' sizes."""

    def __init__(self, name, terms, output, sizes):
        self.name = name
        used = sorted({label for term in terms for label in term})
        number = {label: i for i, label in enumerate(used)}
        self.terms = [[number[label] for label in term] for term in terms]
        self.output = [number[label] for label in output if label in number]
        self.sizes = [sizes[label] for label in used]


def small(rng, n):
    """Labels in one to four terms: hyper-edges, outer products, components apart, labels summed at once."""
    labels = max(2, round(n * rng.uniform(0.8, 2.2)))
    terms = [[] for _ in range(n)]
    for label in range(labels):
        for i in rng.sample(range(n), min(n, rng.choice((1, 2, 2, 2, 2, 3, 3, 4)))):
            terms[i].append(label)
    share = rng.choice((0, 0, 0.1, 0.3))
    output = [label for label in range(labels) if rng.random() < share]
    sizes = [rng.choice(DIMENSIONS) for _ in range(labels)]
    return terms, output, sizes


def edges(n, pairs, size, output=(), extra=None):
    terms = [[] for _ in range(n)]
    for label, (a, b) in enumerate(pairs):
        terms[a].append(label)
        terms[b].append(label)
    sizes = [size] * len(pairs)
    return terms, list(output), sizes


def regular(rng, n, degree, size):
    """A random graph in which each operand has `degree` labels."""
    while True:
        stubs = [i for i in range(n) for _ in range(degree)]
        rng.shuffle(stubs)
        pairs = list(zip(stubs[::2], stubs[1::2]))
        if all(a != b for a, b in pairs) and len({tuple(sorted(p)) for p in pairs}) == len(pairs):
            return edges(n, pairs, size)


def lattice(shape, size, torus=False):
    points = [()]
    for extent in shape:
        points = [p + (i,) for p in points for i in range(extent)]
    number = {p: i for i, p in enumerate(points)}
    pairs = []
    for p in points:
        for axis, extent in enumerate(shape):
            q = p[:axis] + (p[axis] + 1,) + p[axis + 1 :]
            if torus and p[axis] + 1 == extent and extent > 2:
                q = p[:axis] + (0,) + p[axis + 1 :]
            if q in number:
                pairs.append((number[p], number[q]))
    return edges(len(points), pairs, size)


def tree(rng, n, size, open_labels=False):
    terms, output, sizes = edges(n, [(rng.randrange(i), i) for i in range(1, n)], size)
    if open_labels:
        for i in range(0, n, 20):
            terms[i].append(len(sizes))
            output.append(len(sizes))
            sizes.append(2)
    return terms, output, sizes


def mps_overlap(n, bond, physical, operator=0):
    """<psi|phi>, or <psi|H|phi> with an operator of that bond."""
    rows = [bond, operator, bond] if operator else [bond, bond]
    terms, sizes = [], []

    def label(size):
        sizes.append(size)
        return len(sizes) - 1

    bonds = [[label(size) for _ in range(n - 1)] for size in rows]
    legs = [[label(physical) for _ in range(n)] for _ in rows[1:]]
    for row in range(len(rows)):
        for i in range(n):
            term = []
            if i > 0:
                term.append(bonds[row][i - 1])
            if i < n - 1:
                term.append(bonds[row][i])
            if row > 0:
                term.append(legs[row - 1][i])
            if row < len(rows) - 1:
                term.append(legs[row][i])
            terms.append(term)
    return terms, [], sizes


def peps_norm(rows, columns, bond, physical):
    terms, _, sizes = lattice((rows, columns), bond)
    n, shift = len(terms), len(sizes)
    below = [[label + shift for label in term] for term in terms]
    sizes = sizes * 2
    for i in range(n):
        terms[i].append(len(sizes))
        below[i].append(len(sizes))
        sizes.append(physical)
    return terms + below, [], sizes


def circuit(rng, qubits, depth):
    """An amplitude of a brickwork of two-qubit gates; and of it, one qubit left open."""
    terms, sizes = [], []

    def label():
        sizes.append(2)
        return len(sizes) - 1

    wire = []
    for _ in range(qubits):
        wire.append(label())
        terms.append([wire[-1]])
    for layer in range(depth):
        for a in range(layer % 2, qubits - 1, 2):
            gate = [wire[a], wire[a + 1], label(), label()]
            wire[a], wire[a + 1] = gate[2:]
            terms.append(gate)
    for q in range(1, qubits):
        terms.append([wire[q]])
    return terms, [wire[0]], sizes


def brackets(rng, leaves, size, seen):
    """A language model as a binary tree with a disentangler between neighbours on each level; two tokens left open."""
    terms, sizes = [], []

    def label(extent):
        sizes.append(extent)
        return len(sizes) - 1

    level = [label(size)]
    terms.append([level[0]])
    while len(level) < leaves:
        below = []
        for top in level:
            below += [label(size), label(size)]
            terms.append([top, *below[-2:]])
        for a in range(1, len(below) - 1, 2):
            turned = [label(size), label(size)]
            terms.append([below[a], below[a + 1], *turned])
            below[a : a + 2] = turned
        level = below
    tokens = [label(seen) for _ in level]
    for top, token in zip(level, tokens):
        terms.append([top, token])
    terms += [[token] for token in tokens[1:-1]]
    return terms, [tokens[0], tokens[-1]], sizes


def grid_model(rows, columns, states):
    """A graphical model: a variable is a label in its unary factor and in up to four pairwise ones."""
    terms = []
    for r in range(rows):
        for c in range(columns):
            here = r * columns + c
            terms.append([here])
            if c + 1 < columns:
                terms.append([here, here + 1])
            if r + 1 < rows:
                terms.append([here, here + columns])
    return terms, [], [states] * (rows * columns)


def satisfiability(rng, variables, clauses):
    return [rng.sample(range(variables), 3) for _ in range(clauses)], [], [2] * variables


def hyper(rng, n, labels):
    terms = [[] for _ in range(n)]
    for label in range(labels):
        for i in rng.sample(range(n), rng.choice((2, 2, 2, 2, 2, 3, 4))):
            terms[i].append(label)
    output = rng.sample(range(labels), 3)
    return terms, output, [rng.choice((2, 3, 4)) for _ in range(labels)]


def apart(parts):
    terms, output, sizes = [], [], []
    for more, out, extents in parts:
        shift = len(sizes)
        terms += [[label + shift for label in term] for term in more]
        output += [label + shift for label in out]
        sizes += extents
    return terms, output, sizes


def networks():
    rng = random.Random(3)
    for n in range(3, 17):
        for k in range(12):
            yield Net("small-%d-%d" % (n, k), *small(rng, n))
    for n, degree, size in ((50, 3, 2), (100, 3, 2), (200, 3, 2), (300, 3, 2), (60, 4, 3), (120, 4, 2), (60, 5, 2)):
        yield Net("regular-%d-%d" % (degree, n), *regular(rng, n, degree, size))
    for shape in ((7, 7), (10, 10), (14, 14), (5, 40), (4, 4, 4), (5, 5, 5), (6, 6, 6)):
        yield Net("lattice-" + "x".join(map(str, shape)), *lattice(shape, 2))
    yield Net("torus-8x8", *lattice((8, 8), 2, torus=True))
    yield Net("torus-10x10", *lattice((10, 10), 3, torus=True))
    yield Net("tree-100", *tree(rng, 100, 4))
    yield Net("tree-300-open", *tree(rng, 300, 3, open_labels=True))
    yield Net("mps-100", *mps_overlap(50, 16, 2))
    yield Net("mps-operator-150", *mps_overlap(50, 16, 2, operator=5))
    yield Net("peps-5x5", *peps_norm(5, 5, 3, 2))
    yield Net("peps-7x7", *peps_norm(7, 7, 3, 2))
    yield Net("peps-10x10", *peps_norm(10, 10, 2, 2))
    for qubits, depth in ((12, 12), (16, 16), (20, 20), (30, 16)):
        yield Net("circuit-%dx%d" % (qubits, depth), *circuit(rng, qubits, depth))
    for leaves, size, seen in ((16, 16, 7), (32, 8, 7), (64, 4, 7)):
        yield Net("brackets-%d" % leaves, *brackets(rng, leaves, size, seen))
    for rows, columns, states in ((7, 7, 3), (10, 10, 2), (8, 20, 2)):
        yield Net("model-%dx%d" % (rows, columns), *grid_model(rows, columns, states))
    for variables, clauses in ((40, 60), (60, 100), (100, 150)):
        yield Net("sat-%d-%d" % (variables, clauses), *satisfiability(rng, variables, clauses))
    for n, labels in ((50, 80), (100, 150), (200, 280)):
        yield Net("hyper-%d" % n, *hyper(rng, n, labels))
    yield Net("apart-90", *apart([regular(rng, 30, 3, 2), lattice((5, 6), 3), tree(rng, 30, 4, True)]))


def finders(n):
    if n > 16:
        yield "random-greedy", RandomGreedy(max_repeats=10**9, max_time=SECONDS, minimize="flops")
        return
    if n <= 7:
        yield "optimal", "optimal"
    yield "dp", DynamicProgramming(minimize="flops", search_outer=n <= 10)
    yield "random-greedy", RandomGreedy(max_repeats=128, max_time=SECONDS, minimize="flops")


def best(net):
    symbol = opt_einsum.get_symbol
    terms = ["".join(map(symbol, term)) for term in net.terms]
    equation = ",".join(terms) + "->" + "".join(map(symbol, net.output))
    shapes = [tuple(net.sizes[label] for label in term) for term in net.terms]
    found = []
    for name, finder in finders(len(terms)):
        path, info = opt_einsum.contract_path(equation, *shapes, shapes=True, optimize=finder)
        found.append((info.opt_cost, name, [list(pair) for pair in path]))
    return min(found, key=lambda entry: entry[0])


def main():
    for net in networks():
        cost, name, path = best(net)
        entry = {"id": net.name, "terms": net.terms, "output": net.output, "sizes": net.sizes}
        entry.update({"peer": name, "flops": float(cost), "path": path})
        print(json.dumps(entry, separators=(",", ":")), flush=True)
        print(net.name, len(net.terms), name, "%.3e" % float(cost), file=sys.stderr)


main()
