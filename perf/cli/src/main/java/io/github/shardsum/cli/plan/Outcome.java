package io.github.shardsum.cli.plan;

import java.util.Optional;

/**
 * An answer.
 *
 * @param json the plan for programs, an object
 * @param table the plan for a reader
 * @param certificate what the checker proved, if it was asked
 * @param equal whether the run gave what is computed without layouts, if it was run
 */
record Outcome(String json, String table, Optional<String> certificate, Optional<Boolean> equal) {}
