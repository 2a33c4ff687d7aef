package io.github.shardsum.internal.pjrt.host;

import io.github.shardsum.internal.pjrt.abi.Libc;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * TPUs of this machine, found on its PCI bus without opening any TPU.
 *
 * @param chips the number of chips; 0 where there is no PCI bus to read
 */
public record TpuHost(int chips) {
  /**
   * Google's PCI vendor number and the devices that are TPUs: v3, v4, v5p, v5e, v6e, 7x, 8i, 8t.
   */
  private static final String VENDOR = "0x1ae0";

  private static final Set<String> DEVICES =
      Set.of("0x0027", "0x005e", "0x0062", "0x0063", "0x006f", "0x0076", "0x0083", "0x007c");

  private static final Map<String, String> WITHOUT_CHIPS =
      Map.of("TPU_SKIP_MDS_QUERY", "1", "ALLOW_MULTIPLE_LIBTPU_LOAD", "true");

  private static final String FLAGS = "LIBTPU_INIT_ARGS";
  private static final String NO_SIGNALS = "--install_signal_handlers=false";

  /** Looks at this machine. */
  public static TpuHost ofThisMachine() {
    return of(Path.of("/sys/bus/pci/devices"));
  }

  static TpuHost of(Path bus) {
    int chips = 0;
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(bus)) {
      for (Path device : devices) {
        if (is(device.resolve("vendor"), Set.of(VENDOR)) && is(device.resolve("device"), DEVICES)) {
          chips++;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return new TpuHost(0);
    }
    return new TpuHost(chips);
  }

  private static boolean is(Path file, Set<String> wanted) {
    try {
      return wanted.contains(Files.readString(file).strip());
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether a library is libtpu, by its name. */
  public static boolean isLibtpu(Path library) {
    Path name = library.getFileName();
    return name != null && name.toString().contains("libtpu");
  }

  /**
   * The environment that libtpu needs before it is loaded.
   *
   * <p>Without this environment libtpu replaces the signal handlers that HotSpot needs. On a
   * machine without TPUs it also asks the cloud's metadata server for ever, and lets only one
   * process load it, as if there were chips to protect.
   *
   * @param set the flags that the user set
   */
  Map<String, String> environment(Function<String, Optional<String>> set) {
    Map<String, String> more = new LinkedHashMap<>();
    if (chips == 0) {
      for (Map.Entry<String, String> entry : WITHOUT_CHIPS.entrySet()) {
        if (set.apply(entry.getKey()).isEmpty()) {
          more.put(entry.getKey(), entry.getValue());
        }
      }
    }
    String flags = set.apply(FLAGS).orElse("");
    if (!flags.contains("install_signal_handlers")) {
      more.put(FLAGS, flags.isEmpty() ? NO_SIGNALS : flags + " " + NO_SIGNALS);
    }
    return more;
  }

  Map<String, String> environment() {
    return environment(Libc::environment);
  }
}
