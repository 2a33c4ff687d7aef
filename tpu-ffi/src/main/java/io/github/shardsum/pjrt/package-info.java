/**
 * A binding to PJRT plugins of API 0.63 or newer: tried on libtpu and on XLA CPU, not yet on CUDA.
 *
 * <p>{@code PjrtPlugin.open(path)} loads a library, {@code createClient} opens its devices, {@code
 * compile} turns StableHLO text into a {@code PjrtLoadedExecutable}, and {@code bufferFrom}
 * transfers tensors to devices. A {@code PjrtTopology} compiles for devices that this machine does
 * not have.
 *
 * <p><b>Ownership.</b> The caller that receives a client, buffer, executable, topology or event
 * closes it. Closing a client closes its objects. The order of closing does not matter: a native
 * object is destroyed after the objects that belong to it. Use after close throws an {@code
 * IllegalStateException}. An object that becomes unreachable before it is closed is reported and
 * closed. A plugin stays loaded until the process ends.
 *
 * <p><b>Threads.</b> Any number of threads may use a class at once. Actions that depend on an
 * unfinished future run on the common pool, never on a plugin's thread.
 *
 * <p>Native access must be allowed: {@code --enable-native-access=io.github.shardsum.tpu}, or
 * {@code ALL-UNNAMED} on the class path.
 *
 * @since 0.1.0
 */
@NullMarked
package io.github.shardsum.pjrt;

import org.jspecify.annotations.NullMarked;
