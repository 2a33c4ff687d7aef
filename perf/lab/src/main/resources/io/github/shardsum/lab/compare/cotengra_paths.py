"""A peer of PathComparison: networks of cotengra's generators, and the paths that its hyperoptimizer finds in some seconds;
a line in, a line out.
"""
import sys
import warnings

answers = sys.stdout
sys.stdout = sys.stderr
warnings.simplefilter("ignore")


def say(text):
    answers.write(text + "\n")
    answers.flush()


def network(kind, seed):
    utils = cotengra.utils
    made = {
        "lattice-2d": lambda: utils.lattice_equation([12, 12], d_min=2, d_max=2, seed=seed),
        "lattice-3d": lambda: utils.lattice_equation([5, 5, 5], d_min=2, d_max=2, seed=seed),
        "torus-2d": lambda: utils.lattice_equation([8, 8], cyclic=True, d_min=2, d_max=3, seed=seed),
        "regular-3": lambda: utils.randreg_equation(100, 3, d_min=2, d_max=2, seed=seed),
        "random": lambda: utils.rand_equation(60, 4, n_out=2, d_min=2, d_max=3, seed=seed),
        "hyper": lambda: utils.rand_equation(50, 3, n_hyper_in=4, n_hyper_out=1, n_out=1, seed=seed),
        "perverse": lambda: utils.perverse_equation(40, num_indices=30, seed=seed),
        "tree": lambda: utils.tree_equation(80, n_outer=2, seed=seed),
    }[kind]()
    # A label that an operand has twice is reduced to its diagonal on both sides.
    return [tuple(dict.fromkeys(term)) for term in made[0]], made[1], made[3]


def written(operands, output, sizes):
    numbers = {label: str(i) for i, label in enumerate(sizes)}
    terms = ";".join(",".join(numbers[label] for label in term) for term in operands)
    return "|".join([terms, ",".join(numbers[label] for label in output), ",".join(map(str, sizes.values()))])


def path(seconds, limit):
    operands, output, sizes = current
    options = {} if limit == 0 else {"slicing_reconf_opts": {"target_size": limit}}
    search = cotengra.HyperOptimizer(
        minimize="flops", max_time=seconds, max_repeats=1 << 30, parallel=False, progbar=False,
        on_trial_error="raise", **({"reconf_opts": {}} if limit == 0 else options))
    tree = search.search(operands, output, sizes)
    labels = list(sizes)
    sliced = ",".join(str(labels.index(label)) for label in tree.sliced_inds)
    return ";".join(f"{i},{j}" for i, j in tree.get_ssa_path()) + "|" + sliced


current = None
try:
    import cotengra
    import networkx  # makes the random regular graphs of cotengra.utils

    say("cotengra " + cotengra.__version__)
except ImportError as error:
    say("error " + str(error))
for line in sys.stdin:
    words = line.split()
    try:
        if words[0] == "network":
            current = network(words[1], int(words[2]))
            say(written(*current))
        else:
            say(path(float(words[1]), int(words[2])))
    except Exception as error:
        say("error " + repr(error).replace("\n", " "))
