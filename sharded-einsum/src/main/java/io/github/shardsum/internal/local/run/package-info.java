/** Plans of the local backend, and the code that runs their steps. */
@NullMarked
package io.github.shardsum.internal.local.run;

import org.jspecify.annotations.NullMarked;
