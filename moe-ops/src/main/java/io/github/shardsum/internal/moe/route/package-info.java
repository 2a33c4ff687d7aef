/**
 * The choice of experts and slots: gates, groups, routers by token or by expert, slots, uniform
 * random numbers, notation of options, checks of arguments.
 */
@NullMarked
package io.github.shardsum.internal.moe.route;

import org.jspecify.annotations.NullMarked;
