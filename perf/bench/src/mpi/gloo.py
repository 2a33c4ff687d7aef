"""All-reduce and all-to-all of torch.distributed over gloo, over the bytes of baseline.c, up to those given,
and printed as there."""
import os
import sys
import time

import torch
import torch.distributed as dist

rank, size, batches = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[5])
os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=sys.argv[3])
torch.set_num_threads(1)
dist.init_process_group("gloo", rank=rank, world_size=size)
data = 64 << 10
while data <= int(sys.argv[4]):
    value, out = torch.ones(data // 4), torch.empty(data // 4)
    kinds = {
        "all-reduce": lambda: dist.all_reduce(value, dist.ReduceOp.MAX),
        "all-gather": lambda: dist.all_gather_into_tensor(out, value[: data // 4 // size]),
        "all-to-all": lambda: dist.all_to_all_single(out, value),
    }
    repetitions = min(100, (16 << 20) // data)
    for name, run in kinds.items():
        times = []
        try:
            for batch in range(batches):
                dist.barrier()
                begin = time.perf_counter()
                for _ in range(repetitions):
                    run()
                times.append((time.perf_counter() - begin) / repetitions)
        except RuntimeError:  # not every version of gloo has every collective
            continue
        if rank == 0:
            print(name, data, "%.3f" % (sorted(times)[batches // 2] * 1e6), flush=True)
    data *= 4
dist.destroy_process_group()
