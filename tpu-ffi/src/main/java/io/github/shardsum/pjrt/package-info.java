/** The PJRT backend. */
@NullMarked
package io.github.shardsum.pjrt;

import org.jspecify.annotations.NullMarked;
