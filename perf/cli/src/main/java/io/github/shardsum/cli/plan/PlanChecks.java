package io.github.shardsum.cli.plan;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Extra work on a plan besides printing it.
 *
 * @param run whether the plan is run on integers and compared
 * @param certify whether the checker replays the plan
 * @param plugin the plugin whose compiler's collectives are compared with the plan's, if any
 */
record PlanChecks(boolean run, boolean certify, Optional<Path> plugin) {}
