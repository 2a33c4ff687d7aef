package io.github.shardsum.pjrt;

/**
 * The memory that a compiled program needs on each device, in bytes.
 *
 * @param code the program
 * @param arguments the inputs
 * @param outputs the outputs
 * @param aliased outputs that lie in donated inputs
 * @param temporary intermediate values
 * @param peak the most bytes at any time; 0 if the plugin does not report it (before about API
 *     0.81)
 */
public record CompiledMemory(
    long code, long arguments, long outputs, long aliased, long temporary, long peak) {}
