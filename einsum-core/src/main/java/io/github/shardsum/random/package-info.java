/**
 * Random numbers that do not depend on the order in which they are drawn.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.random;

import org.jspecify.annotations.NullMarked;
