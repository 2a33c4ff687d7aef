/** Programs on PJRT plugins, behind the interface of all backends. */
@NullMarked
package io.github.shardsum.pjrt.backend;

import org.jspecify.annotations.NullMarked;
