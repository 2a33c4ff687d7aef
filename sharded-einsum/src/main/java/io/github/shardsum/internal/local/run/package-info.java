/**
 * The steps of the local backend and their loops: plan, runner, workspace, storage and profile
 * ({@code Local...}), where buffers lie, fused kernels with their instructions and registers,
 * blocks with readers, writers and conversions, biased einsums, sums in a fixed order, code of
 * composites.
 */
@NullMarked
package io.github.shardsum.internal.local.run;

import org.jspecify.annotations.NullMarked;
