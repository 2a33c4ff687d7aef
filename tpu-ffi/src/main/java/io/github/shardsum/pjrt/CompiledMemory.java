package io.github.shardsum.pjrt;

/**
 * The memory that a compiled program needs on each device, in bytes.
 *
 * @param code the program
 * @param arguments the inputs
 * @param outputs the outputs
 * @param aliased outputs that lie in donated inputs
 * @param temporary between
 * @param peak the most at once; 0 where the plugin does not say (before API 0.81 or so)
 */
public record CompiledMemory(
    long code, long arguments, long outputs, long aliased, long temporary, long peak) {}
