package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.pjrt.ApiVersion;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtValue;
import java.util.Optional;

/**
 * A fault of XLA's CPU plugins of 2025, and the option that avoids it.
 *
 * <p>The plugins use XNNPACK for products. XNNPACK packs a right operand that is a parameter of the
 * program only once, and keeps the copy by the operand's address: XLA's {@code thunk_emitter.cc}
 * sets {@code capture_rhs} for this. If the memory is reused, a product with another array at that
 * address uses the copy of the earlier array. The plugin of API 0.81 has this fault; the plugins of
 * 0.106 and 0.115 do not have it, with either value of the option (docs/notes/pjrt.md).
 */
public final class XnnpackCapture {
  /** Turns XNNPACK off or on. */
  public static final String OPTION = "xla_cpu_use_xnnpack";

  /** The oldest API of a plugin that does not have the fault. */
  private static final int FREE_OF_IT = 106;

  private XnnpackCapture() {}

  /**
   * The options with which a plugin reads its operands in every run.
   *
   * @param options the caller's options
   * @param cpu whether the client's platform is XLA's CPU
   * @param version the plugin's version
   * @return the options; empty if the plugin does not have the fault, or the caller chose a value
   */
  public static Optional<PjrtCompileOptions> avoiding(
      PjrtCompileOptions options, boolean cpu, ApiVersion version) {
    boolean needed = cpu && version.minor() < FREE_OF_IT && !options.flags().containsKey(OPTION);
    return needed ? Optional.of(options.withFlag(OPTION, PjrtValue.of(false))) : Optional.empty();
  }

  /** Whether a plugin refused because it does not know the option; such a plugin has no XNNPACK. */
  public static boolean isUnknown(PjrtException refused) {
    return String.valueOf(refused.getMessage()).contains(OPTION);
  }
}
