/** Problems of the IOPDDL contest. */
@NullMarked
package io.github.shardsum.lab.auto;

import org.jspecify.annotations.NullMarked;
