/**
 * Services of the host for a plugin: loading it (ELF, advice, probe), signals, deadlines, throttles
 * and threads of native calls, staging memory, texts that would end the process, TPUs on the PCI
 * bus.
 */
@NullMarked
package io.github.shardsum.internal.pjrt.host;

import org.jspecify.annotations.NullMarked;
