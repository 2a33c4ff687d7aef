/** The laboratory: experiments, and comparisons with other libraries and other people's figures. */
@NullMarked
package io.github.shardsum.lab;

import org.jspecify.annotations.NullMarked;
