package io.github.shardsum.pjrt;

/**
 * A program after a compiler's passes.
 *
 * @param format the plugin's name of the form, such as {@code hlo_with_config} or {@code mlir}
 * @param code the program
 */
public record OptimizedProgram(String format, byte[] code) {}
