package io.github.shardsum.pjrt;

/**
 * The memory that a compiled program needs on each device, in bytes.
 *
 * @param code the machine code of the program
 * @param arguments the inputs
 * @param outputs the outputs
 * @param aliased outputs that reuse the memory of donated inputs
 * @param temporary intermediate values
 * @param peak the most bytes at any time; 0 if the plugin does not report this figure (before about
 *     API 0.81)
 */
public record CompiledMemory(
    long code, long arguments, long outputs, long aliased, long temporary, long peak) {}
