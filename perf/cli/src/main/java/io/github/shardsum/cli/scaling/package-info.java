/** {@code shardsum scaling}: measured and predicted steps over devices and processes. */
@NullMarked
package io.github.shardsum.cli.scaling;

import org.jspecify.annotations.NullMarked;
