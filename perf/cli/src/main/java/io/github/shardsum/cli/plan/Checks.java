package io.github.shardsum.cli.plan;

/**
 * What is done with a plan beside printing it.
 *
 * @param run whether it is run on integers and compared
 * @param certify whether the checker replays it
 */
record Checks(boolean run, boolean certify) {}
