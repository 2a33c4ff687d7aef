/** The commands on language models. */
@NullMarked
package io.github.shardsum.cli.language;

import org.jspecify.annotations.NullMarked;
