package io.github.shardsum.internal.pjrt.host;

import static java.lang.foreign.ValueLayout.ADDRESS;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Libc;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtException;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Loads each plugin once and permanently; a plugin that could not be loaded is tried again at the
 * next request.
 *
 * <p>Loaded plugins are kept in a static map, since a library is loaded once for the whole process:
 * {@code dlopen} gives the same image each time, and a plugin may be initialised only once.
 */
public final class PluginLoader {
  private static final String ENTRY = "GetPjrtApi";
  private static final Map<Path, CompletableFuture<Api>> LOADED = new ConcurrentHashMap<>();

  /**
   * Plugins are loaded one at a time, since each loading restores the signal handlers that it
   * found.
   */
  private static final Lock LOADING = new ReentrantLock();

  private PluginLoader() {}

  /**
   * Loads and initialises a plugin, or returns the loaded one.
   *
   * @param library the plugin's file
   * @param environment variables to set for native code before the first loading
   * @param deadline the longest time to wait; a plugin that takes longer is never usable
   */
  public static Api load(Path library, Map<String, String> environment, Duration deadline) {
    checkNativeAccess();
    environment.forEach(Libc::checkEnvironment);
    NativeCallDeadline.checked(deadline);
    Path file = file(library);
    CompletableFuture<Api> mine = new CompletableFuture<>();
    CompletableFuture<Api> loading = LOADED.putIfAbsent(file, mine);
    if (loading == null) {
      NativeCallDeadline.start("load " + file, mine, () -> loadOrForget(file, environment, mine));
      loading = mine;
    }
    return NativeCallDeadline.await(
        loading,
        deadline,
        "GetPjrtApi",
        file
            + " does not finish loading; for libtpu off a TPU host set"
            + " TPU_SKIP_MDS_QUERY=1 before the JVM starts, otherwise check whether its"
            + " devices answer");
  }

  private static Path file(Path library) {
    Objects.requireNonNull(library, "library");
    if (!Files.exists(library)) {
      throw refused(
          PjrtCode.NOT_FOUND,
          library + ": no such file; install the plugin (docs/tpu.md says which) or mend the path");
    }
    if (!Files.isRegularFile(library)) {
      throw refused(
          PjrtCode.INVALID_ARGUMENT, library + ": expected a shared library, it is no file");
    }
    try {
      Path file = library.toRealPath();
      ElfFile.reasonAgainst(file, System.getProperty("os.arch"))
          .ifPresent(
              reason -> {
                throw refused(
                    PjrtCode.FAILED_PRECONDITION, library + ": " + reason + "; install it again");
              });
      return file;
    } catch (IOException e) {
      throw refused(PjrtCode.PERMISSION_DENIED, library + ": cannot be read: " + e);
    }
  }

  private static PjrtException refused(PjrtCode code, String message) {
    return new PjrtException(code, "dlopen", message);
  }

  /**
   * Checks native access; otherwise the first native call would fail in a class initialiser, and
   * the error would have no reason.
   */
  @SuppressWarnings("restricted")
  private static void checkNativeAccess() {
    try {
      MemorySegment.NULL.reinterpret(0);
    } catch (IllegalCallerException e) {
      throw new PjrtException(
          PjrtCode.PERMISSION_DENIED,
          "dlopen",
          "expected native access; start the JVM with"
              + " --enable-native-access=io.github.shardsum.tpu,"
              + " or ALL-UNNAMED on the class path",
          e);
    }
  }

  /**
   * A failure is forgotten, since its cause may go away: a wrong file, or a process that held the
   * devices.
   */
  private static Api loadOrForget(
      Path file, Map<String, String> environment, CompletableFuture<Api> mine) {
    try {
      return loadNow(file, environment);
    } catch (RuntimeException | Error e) {
      LOADED.remove(file, mine);
      throw e;
    }
  }

  private static Api loadNow(Path file, Map<String, String> environment) {
    LOADING.lock();
    try (SignalGuard _ = new SignalGuard()) {
      if (TpuHost.isLibtpu(file)) {
        TpuHost.ofThisMachine().environment().forEach(Libc::setEnvironment);
      }
      environment.forEach(Libc::setEnvironment);
      Api api = Api.at(entry(file), file.toString());
      try {
        initialise(api);
      } catch (PjrtException e) {
        throw LoadAdvice.added(file, e);
      }
      return api;
    } finally {
      LOADING.unlock();
    }
  }

  /** Calls Plugin_Initialize, which must come before all other calls. */
  public static void initialise(Api api) {
    try (CallArena scratch = api.scratch()) {
      api.prepare(scratch, PjrtFunction.PLUGIN_INITIALIZE).invoke();
    }
  }

  private static MemorySegment entry(Path file) {
    MemorySegment library =
        switch (Libc.open(file.toString())) {
          case Libc.Opened.Library loaded -> loaded.handle();
          case Libc.Opened.Failure failure ->
              throw refused(
                  PjrtCode.FAILED_PRECONDITION,
                  "does not load: "
                      + failure.reason()
                      + "; expected a PJRT plugin for this system and processor, with the libraries"
                      + " it needs on LD_LIBRARY_PATH");
        };
    Optional<MemorySegment> symbol = Libc.find(library, ENTRY);
    MemorySegment function =
        symbol.orElseThrow(
            () ->
                refused(
                    PjrtCode.FAILED_PRECONDITION,
                    file
                        + ": has no symbol "
                        + ENTRY
                        + ", so it is no PJRT plugin; check the path"));
    try {
      return (MemorySegment) bind(function).invokeExact();
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle bind(MemorySegment function) {
    return Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(ADDRESS));
  }
}
