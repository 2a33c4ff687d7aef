"""A peer of MoeLayerComparison: the forward pass of a dropless top-2 layer in torch, and the einsums of dispatch and combine as
algorithm 2 has them; a line in, a line out.

Argument: the number of threads. All ways begin with the route, which is not timed: tokens, experts and weights of rows.
"""
import sys
import time

answers = sys.stdout
sys.stdout = sys.stderr


def say(text):
    answers.write(text + "\n")
    answers.flush()


class Layer:
    def __init__(self, tokens, model, hidden, experts, *counts):
        torch.manual_seed(1)
        self.x = torch.rand(tokens, model) * 2 - 1
        self.wi = (torch.rand(experts, model, hidden) * 2 - 1) * (3 / model) ** 0.5
        self.wo = (torch.rand(experts, hidden, model) * 2 - 1) * (3 / hidden) ** 0.5
        wg = (torch.rand(model, experts) * 2 - 1) * (3 / model) ** 0.5
        gates = torch.softmax(self.x @ wg, 1)
        if counts:
            # Half of all rows apart, two of the sorted rows are of different experts.
            sorted_rows = torch.repeat_interleave(torch.arange(experts), torch.tensor(counts))
            choices = sorted_rows.reshape(2, tokens).T[torch.randperm(tokens)]
            weights = torch.gather(gates, 1, choices)
        else:
            weights, choices = torch.topk(gates, 2, 1)
        self.weights = (weights / weights.sum(1, keepdim=True)).reshape(-1)
        order = torch.argsort(choices.reshape(-1), stable=True)
        self.token = order // 2
        self.weight = self.weights[order].unsqueeze(1)
        self.sizes = torch.bincount(choices.reshape(-1), minlength=experts)
        self.most = int(self.sizes.max())
        starts = torch.cumsum(self.sizes, 0) - self.sizes
        expert = choices.reshape(-1)[order]
        slot = torch.arange(2 * tokens) - starts[expert]
        # Of each padded slot the token whose row stands there, or any, and of each row its slot.
        self.place = expert * self.most + slot
        self.source = torch.zeros(experts * self.most, dtype=torch.long)
        self.source[self.place] = self.token
        rows = -(-2 * tokens // experts)
        self.equal = self.x.repeat(-(-experts * rows // tokens), 1)[: experts * rows].reshape(experts, rows, model)

    def bmm(self):
        experts, model, _ = self.wi.shape
        dispatched = torch.index_select(self.x, 0, self.source).view(experts, self.most, model)
        y = torch.bmm(torch.relu_(torch.bmm(dispatched, self.wi)), self.wo).view(-1, model)
        rows = torch.index_select(y, 0, self.place) * self.weight
        return torch.zeros_like(self.x).index_add_(0, self.token, rows)

    def loop(self):
        out = torch.zeros_like(self.x)
        begin = 0
        for expert, size in enumerate(self.sizes.tolist()):
            if size:
                token = self.token[begin : begin + size]
                h = torch.relu_(torch.index_select(self.x, 0, token) @ self.wi[expert])
                out.index_add_(0, token, (h @ self.wo[expert]) * self.weight[begin : begin + size])
                begin += size
        return out

    def products(self):
        return torch.bmm(torch.relu_(torch.bmm(self.equal, self.wi)), self.wo)


class Einsums:
    def __init__(self, groups, tokens, experts, capacity, model):
        torch.manual_seed(1)
        self.x = torch.rand(groups, tokens, model) * 2 - 1
        self.y = torch.rand(experts, groups, capacity, model) * 2 - 1
        slots = torch.stack([torch.randperm(experts * capacity)[: 2 * tokens] for _ in range(groups)])
        slots = slots.reshape(groups, tokens, 2)
        self.mask = self.placed(slots, torch.ones(slots.shape), experts, capacity)
        self.weights = self.placed(slots, torch.rand(slots.shape), experts, capacity)

    @staticmethod
    def placed(slots, values, experts, capacity):
        groups, tokens, _ = slots.shape
        dense = torch.zeros(groups, tokens, experts * capacity)
        return dense.scatter_(2, slots, values).reshape(groups, tokens, experts, capacity)

    def dispatch(self):
        return torch.einsum("gsec,gsm->egcm", self.mask, self.x)

    def combine(self):
        return torch.einsum("gsec,egcm->gsm", self.weights, self.y)


try:
    import torch

    torch.set_num_threads(int(sys.argv[1]))
    torch.set_grad_enabled(False)
    say(f"torch {torch.__version__}")
    case = None
    for line in sys.stdin:
        what, *rest = line.split()
        if what == "prepare":
            case = None
            case = Layer(*[int(n) for n in rest])
            apart = (case.bmm() - case.loop()).abs().max().item()
            assert apart < 1e-3, f"bmm and loop differ by {apart}"
            say("ready")
        elif what == "einsums":
            case = None
            case = Einsums(*[int(n) for n in rest])
            say("ready")
        else:
            run = getattr(case, rest[0])
            begin = time.perf_counter()
            for _ in range(int(rest[1])):
                run()
            say(repr(time.perf_counter() - begin))
except Exception as e:
    say(f"error {type(e).__name__}: {e}".replace("\n", " "))
