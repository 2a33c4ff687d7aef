/** {@code scaling}: measured and predicted steps over devices and processes. */
@NullMarked
package io.github.shardsum.lab.scaling;

import org.jspecify.annotations.NullMarked;
