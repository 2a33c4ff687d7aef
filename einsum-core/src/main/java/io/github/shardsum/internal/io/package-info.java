/**
 * Their formats: headers, JSON of headers, zip entries, arrays and types as stored, sources of
 * bytes, ranges and starts of files, atomic writes, the clean-up at shutdown.
 */
@NullMarked
package io.github.shardsum.internal.io;

import org.jspecify.annotations.NullMarked;
