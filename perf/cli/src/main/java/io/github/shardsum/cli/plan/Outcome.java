package io.github.shardsum.cli.plan;

import java.util.Optional;

/**
 * An answer.
 *
 * @param json the plan for programs, an object
 * @param table the plan for a reader
 * @param equal whether the run gave what is computed without layouts, if it was run
 */
record Outcome(String json, String table, Optional<Boolean> equal) {}
