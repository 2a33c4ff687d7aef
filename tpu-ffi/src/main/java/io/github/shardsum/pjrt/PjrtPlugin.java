package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.client.ClientCreation;
import io.github.shardsum.internal.pjrt.client.TpuLimits;
import io.github.shardsum.internal.pjrt.host.PluginLoader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A PJRT plugin: a shared library that compiles programs and runs them on its devices.
 *
 * <p>A plugin is loaded once and stays until the process ends, so there is nothing to close. Signal
 * handlers that a plugin sets while it is loaded are removed again: the JVM needs its own. Safe for
 * use by many threads at once.
 */
public final class PjrtPlugin {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Api api;
  private final String origin;

  private PjrtPlugin(Api api, String origin) {
    this.api = api;
    this.origin = origin;
  }

  /**
   * Loads a plugin and initialises it, or returns the plugin if this process has already loaded it.
   * A plugin that could not be loaded may be tried again.
   *
   * <p>For libtpu (a file whose name contains this word) variables of the environment are set
   * first. They switch off libtpu's signal handlers. On a machine without TPUs they also switch off
   * libtpu's search for the cloud's metadata server, which would never end.
   *
   * @param library the file, as libtpu.so
   * @return the plugin
   * @throws PjrtException if the plugin cannot be loaded; the message has the reason and the remedy
   */
  public static PjrtPlugin open(Path library) {
    return open(library, Map.of(), PATIENCE);
  }

  /**
   * Loads a plugin like {@link #open(Path)}, with an environment and a deadline.
   *
   * @param library the file
   * @param environment variables to set for native code before the library is loaded; they have no
   *     effect on a loaded library
   * @param deadline the longest time to wait; a plugin that exceeds it is unusable until the
   *     process ends
   * @return the plugin
   * @throws IllegalArgumentException if a variable has no name, if its name contains {@code =}, if
   *     its name or value contains a zero character, or if the deadline is zero or negative
   * @throws PjrtException if the plugin cannot be loaded; with {@link PjrtCode#DEADLINE_EXCEEDED}
   *     if it is not loaded in time
   */
  public static PjrtPlugin open(Path library, Map<String, String> environment, Duration deadline) {
    return new PjrtPlugin(
        PluginLoader.load(library, Map.copyOf(environment), deadline), library.toString());
  }

  /** Initialises a plugin whose table is at an address; for tests. */
  static PjrtPlugin at(MemorySegment table, String origin) {
    Api api = Api.at(table, origin);
    PluginLoader.initialise(api);
    return new PjrtPlugin(api, origin);
  }

  Api api() {
    return api;
  }

  /**
   * The file of the plugin.
   *
   * @return the path by which it was opened
   */
  public String origin() {
    return origin;
  }

  /**
   * The version of the plugin's C API.
   *
   * @return the version, as 0.114
   */
  public ApiVersion apiVersion() {
    return new ApiVersion(0, api.minor());
  }

  /**
   * Whether programs may have operations of Shardy, which plugins of API 0.70 and newer accept.
   *
   * @return false if layouts must be written as {@code mhlo.sharding}
   */
  public boolean takesShardy() {
    return api.minor() >= 70;
  }

  /**
   * The extensions that the plugin offers, by their numbers in the C API, as 19 for shardings.
   *
   * @return the numbers in ascending order
   */
  public Set<Integer> extensions() {
    return Collections.unmodifiableSet(new TreeSet<>(api.extensions().keySet()));
  }

  /**
   * Attributes of the plugin, such as {@code stablehlo_current_version}.
   *
   * @return attributes by name
   * @throws PjrtException if the plugin refuses
   */
  public Map<String, PjrtValue> attributes() {
    return NamedValues.attributes(api);
  }

  /**
   * Creates a client on the plugin's devices, without options.
   *
   * @return a client, to be closed
   * @throws PjrtException if there is no device, or another process has it
   */
  public PjrtClient createClient() {
    return createClient(ClientOptions.defaults());
  }

  /**
   * Creates a client on the plugin's devices.
   *
   * @param options options for the plugin, and the deadline
   * @return a client, to be closed
   * @throws PjrtException if there is no device, if another process has it, or if the deadline is
   *     exceeded
   */
  public PjrtClient createClient(ClientOptions options) {
    return ClientCreation.create(
        origin(),
        api,
        options,
        late -> PjrtClient.destroy(api, late),
        (client, callbacks) -> PjrtClient.of(this, options, client, callbacks));
  }

  /**
   * A description of devices for which programs can be compiled. This machine need not have the
   * devices.
   *
   * @param name the plugin's name of the topology, such as {@code v5e:4x8}
   * @param options options of the plugin, such as {@code num_slices}
   * @return the topology, to be closed
   * @throws IllegalArgumentException if the name is blank, has a size of 0, or has more than 262144
   *     chips
   * @throws PjrtException if the plugin does not know the topology, or compiles only for its own
   *     devices
   */
  public PjrtTopology topology(String name, PjrtOptions options) {
    TpuLimits.check(name, options);
    try (CallArena scratch = api.scratch()) {
      byte[] text = name.getBytes(StandardCharsets.UTF_8);
      Call call =
          api.prepare(scratch, PjrtFunction.TOPOLOGY_DESCRIPTION_CREATE)
              .set("topology_name", NativeMemory.copy(scratch, text))
              .set("topology_name_size", text.length)
              .set("create_options", NamedValues.write(scratch, options.values()))
              .set("num_options", options.values().size())
              .invoke();
      return PjrtTopology.owned(this, name, call.pointer("topology"));
    } catch (PjrtException e) {
      throw e.code() == PjrtCode.UNIMPLEMENTED ? aheadElsewhere(e) : e;
    }
  }

  private static PjrtException aheadElsewhere(PjrtException refused) {
    return new PjrtException(
        refused.code(),
        refused.call(),
        refused.detail() + "; compile ahead of time with libtpu, or on a client's own devices",
        refused);
  }

  /**
   * A topology without options, see {@link #topology(String, PjrtOptions)}.
   *
   * @param name the plugin's name of the topology
   * @return the topology, to be closed
   * @throws IllegalArgumentException if the name is blank, has a size of 0, or has more than 262144
   *     chips
   * @throws PjrtException if the plugin does not know the topology, or compiles only for its own
   *     devices
   */
  public PjrtTopology topology(String name) {
    return topology(name, PjrtOptions.none());
  }

  /**
   * Reads a topology from its bytes.
   *
   * @param serialized bytes of {@link PjrtTopology#serialize}
   * @return the topology, to be closed
   * @throws PjrtException if the bytes are not a topology, or the plugin cannot read topologies
   *     (before API 0.75)
   */
  public PjrtTopology loadTopology(byte[] serialized) {
    try (CallArena scratch = api.scratch()) {
      Call call =
          api.prepare(scratch, PjrtFunction.TOPOLOGY_DESCRIPTION_DESERIALIZE)
              .set("serialized_topology", NativeMemory.copy(scratch, serialized))
              .set("serialized_topology_size", serialized.length)
              .invoke();
      return PjrtTopology.owned(this, "loaded", call.pointer("topology"));
    }
  }

  @Override
  public String toString() {
    return origin + " (PJRT API " + apiVersion() + ")";
  }
}
