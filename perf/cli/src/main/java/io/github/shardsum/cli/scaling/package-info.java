/** {@code shardsum scaling}: real steps over devices and processes beside their prediction. */
@NullMarked
package io.github.shardsum.cli.scaling;

import org.jspecify.annotations.NullMarked;
