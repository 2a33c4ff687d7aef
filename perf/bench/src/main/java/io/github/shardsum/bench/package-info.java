/** JMH benchmarks of the kernels: pairs that differ in one thing, each checking its result. */
@NullMarked
package io.github.shardsum.bench;

import org.jspecify.annotations.NullMarked;
