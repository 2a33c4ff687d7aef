package io.github.shardsum.internal.engine;

import io.github.shardsum.internal.engine.transfer.Phase;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * A collective ready to run, any number of times.
 *
 * @param phases the phases to run, in order
 * @param results the result of each of this process's devices, complete when the phases have run
 */
record LoweredCollective(List<Phase> phases, List<Tensor> results) {}
