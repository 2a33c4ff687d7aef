/** The backend of this machine: programs lowered to steps over planned memory. */
@NullMarked
package io.github.shardsum.internal.local;

import org.jspecify.annotations.NullMarked;
