/** The rounds of pipelines. */
@NullMarked
package io.github.shardsum.internal.program.pipeline;

import org.jspecify.annotations.NullMarked;
