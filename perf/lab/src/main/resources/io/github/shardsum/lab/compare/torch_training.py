"""A peer of TrainingComparison: a step of training the model of `shardsum train` in torch; a line in, a line out.

Arguments: the number of threads, the vocabulary, experts. Experts drop nothing: rows are sorted by expert, each expert multiplies
its own, and none is padded. Attention, Adam and the running mean are torch's fused ones.
"""
import math
import sys
import time

answers = sys.stdout
sys.stdout = sys.stderr

MODEL, HEADS, KEY, DENSE, HIDDEN, LAYERS, POSITIONS, GROUPS = 128, 4, 32, 512, 256, 2, 64, 8


def say(text):
    answers.write(text + "\n")
    answers.flush()


class Model:
    def __init__(self, vocabulary, experts):
        torch.manual_seed(1)
        self.vocabulary, self.experts = vocabulary, experts
        self.parameters = []
        self.source = self.weight(MODEL, vocabulary, MODEL), self.weight(MODEL, POSITIONS, MODEL)
        self.target = self.weight(MODEL, vocabulary, MODEL), self.weight(MODEL, POSITIONS, MODEL)
        self.encoder = [(self.norm(), self.attention(), self.norm(), self.network(i)) for i in range(LAYERS)]
        self.decoder = [
            (self.norm(), self.attention(), self.norm(), self.attention(), self.norm(), self.network(i)) for i in range(LAYERS)
        ]
        self.encoded, self.decoded = self.norm(), self.norm()

    def kept(self, tensor):
        self.parameters.append(tensor.requires_grad_(True))
        return tensor

    def weight(self, fan_in, *shape):
        return self.kept(torch.randn(*shape) / math.sqrt(fan_in))

    def norm(self):
        return self.kept(torch.ones(MODEL)), self.kept(torch.zeros(MODEL))

    def attention(self):
        return [self.weight(MODEL, MODEL, HEADS * KEY) for _ in range(3)] + [self.weight(HEADS * KEY, HEADS * KEY, MODEL)]

    def network(self, layer):
        if layer % 2 == 1:
            gate = self.weight(MODEL, MODEL, self.experts)
            return gate, self.weight(MODEL, self.experts, MODEL, HIDDEN), self.weight(HIDDEN, self.experts, HIDDEN, MODEL)
        return self.weight(MODEL, MODEL, DENSE), self.kept(torch.zeros(DENSE)), self.weight(DENSE, DENSE, MODEL)

    def loss(self, source, target, following):
        self.losses = []
        seen = (source != 0)[:, None, None, :]
        x = embedded(source, self.source)
        for before, weights, between, network in self.encoder:
            normal = normalised(x, before)
            x = x + attended(normal, normal, weights, seen, False)
            x = x + self.forward(normalised(x, between), network)
        encoded = normalised(x, self.encoded)
        x = embedded(target, self.target)
        for before, weights, middle, memory, between, network in self.decoder:
            normal = normalised(x, before)
            x = x + attended(normal, normal, weights, None, True)
            x = x + attended(normalised(x, middle), encoded, memory, seen, False)
            x = x + self.forward(normalised(x, between), network)
        logits = normalised(x, self.decoded) @ self.target[0].t()
        expected = following.reshape(-1)
        entropy = torch.nn.functional.cross_entropy(
            logits.reshape(-1, self.vocabulary), expected, ignore_index=0, label_smoothing=0.03
        )
        return entropy + sum(self.losses)

    def forward(self, x, network):
        shape = x.shape
        x = x.reshape(-1, MODEL)
        if network[0].shape[1] == DENSE:
            inner, bias, outer = network
            return (torch.relu(x @ inner + bias) @ outer).view(shape)
        gate, inner, outer = network
        logits = x @ gate
        gates = torch.softmax(logits, 1)
        weights, choices = torch.topk(gates, 2, 1)
        weights = weights / weights.sum(1, keepdim=True)
        first = torch.nn.functional.one_hot(choices[:, 0], self.experts).to(x.dtype).view(GROUPS, -1, self.experts).mean(1)
        balance = self.experts**2 * (first * gates.view(GROUPS, -1, self.experts).mean(1)).mean()
        self.losses.append(0.01 * balance + 0.001 * torch.logsumexp(logits, 1).square().mean())
        choices = choices.reshape(-1)
        order = torch.argsort(choices, stable=True)
        token = order // 2
        rows = torch.index_select(x, 0, token).split(torch.bincount(choices, minlength=self.experts).tolist())
        y = torch.cat([torch.relu(part @ inner[i]) @ outer[i] for i, part in enumerate(rows)])
        return torch.zeros_like(x).index_add(0, token, y * weights.reshape(-1)[order].unsqueeze(1)).view(shape)


def embedded(tokens, embedding):
    rows, positions = embedding
    return torch.nn.functional.embedding(tokens, rows) * math.sqrt(MODEL) + positions[: tokens.shape[1]]


def normalised(x, norm):
    return torch.nn.functional.layer_norm(x, (MODEL,), *norm)


def attended(x, memory, weights, seen, causal):
    def heads(tensor):
        return tensor.view(*tensor.shape[:2], HEADS, KEY).transpose(1, 2)

    query, key, value = heads(x @ weights[0]), heads(memory @ weights[1]), heads(memory @ weights[2])
    out = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, is_causal=causal)
    return out.transpose(1, 2).reshape(*x.shape[:2], HEADS * KEY) @ weights[3]


class Steps:
    def __init__(self, vocabulary, experts):
        self.model = Model(vocabulary, experts)
        parameters = self.model.parameters
        self.optimizer = torch.optim.Adam(parameters, lr=1e-3, betas=(0.9, 0.98), eps=1e-9, foreach=True)
        self.mean = [each.detach().clone() for each in parameters]

    def step(self, source, target, following):
        parameters = self.model.parameters
        self.optimizer.zero_grad()
        loss = self.model.loss(source, target, following)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0, foreach=True)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.mean, [each.detach() for each in parameters], 0.001)
        return loss.item()


try:
    import torch

    torch.set_num_threads(int(sys.argv[1]))
    vocabulary = int(sys.argv[2])
    steps = Steps(vocabulary, int(sys.argv[3]))
    count = sum(each.numel() for each in steps.model.parameters)
    say(f"torch {torch.__version__}, {count} parameters")
    for line in sys.stdin:
        calls, sentences, source, target = [int(n) for n in line.split()]
        batch = [torch.randint(4, vocabulary, (sentences, length)) for length in (source, target, target)]
        begin = time.process_time()
        for _ in range(calls):
            loss = steps.step(*batch)
        seconds = time.process_time() - begin
        assert math.isfinite(loss), f"the loss is {loss}"
        say(repr(seconds))
except Exception as e:
    say(f"error {type(e).__name__}: {e}".replace("\n", " "))
