package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.ProgramSignature;
import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.ExecuteOptions;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtDevice;
import io.github.shardsum.pjrt.PjrtException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Checks a program's arguments before the plugin gets them. XLA itself compares only sizes in
 * bytes. If XLA refuses the arguments of one device, the other devices have already begun: they
 * wait for that device, and end the process after 40 s.
 */
public final class ProgramArguments {
  private final PjrtClient client;
  private final PjrtAccess objects;
  private final List<PjrtDevice> devices;
  private final ProgramSignature signature;

  /**
   * Checks for a program.
   *
   * @param client the client of the program
   * @param objects access to the native objects of buffers
   * @param devices the devices on which it runs, in the order of the rows
   * @param signature the parameters of the program, as far as they are known
   */
  public ProgramArguments(
      PjrtClient client, PjrtAccess objects, List<PjrtDevice> devices, ProgramSignature signature) {
    this.client = client;
    this.objects = objects;
    this.devices = devices;
    this.signature = signature;
  }

  /** Whether the program may take the memory of arguments. */
  public boolean mayDonate() {
    return signature.donated().map(donated -> !donated.isEmpty()).orElse(true);
  }

  /** Checks facts that do not change: the owner, the devices and the types of the buffers. */
  public void check(PjrtBuffer[] arguments, int width, ExecuteOptions options) {
    for (int at = 0; at < arguments.length; at++) {
      PjrtBuffer buffer = arguments[at];
      if (buffer == null) {
        throw new NullPointerException(
            String.format(Locale.ROOT, "argument %d: must be a buffer, got null", at % width));
      }
      PjrtClient given = objects.place(buffer).client();
      if (given != client) {
        throw new IllegalArgumentException(
            "arguments: expected buffers of the program's client, got one of " + given);
      }
    }
    checkTypes(arguments, width);
    checkPlaces(arguments, width);
    for (int kept : options.keep()) {
      if (kept >= width) {
        throw new IllegalArgumentException(
            width == 0
                ? "keep: expected none of a program without arguments, got " + kept
                : String.format(
                    Locale.ROOT, "keep: expected arguments of 0 to %d, got %d", width - 1, kept));
      }
    }
    if (devices.size() > 1) {
      checkGivenOnce(arguments, width, options.keep());
    }
  }

  private void checkTypes(PjrtBuffer[] arguments, int width) {
    Optional<List<ArrayType>> known = signature.parameters();
    if (known.isEmpty()) {
      return;
    }
    List<ArrayType> wanted = known.get();
    if (wanted.size() != width) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "arguments: expected %d, %s, got %d", wanted.size(), wanted, width));
    }
    int at = 0;
    for (PjrtBuffer buffer : arguments) {
      int place = at++ % width;
      Optional<ArrayType> given = objects.type(buffer);
      if (given.isPresent() && !given.get().equals(wanted.get(place))) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "argument %d: expected %s, got %s",
                place,
                wanted.get(place),
                given.get()));
      }
    }
  }

  private void checkPlaces(PjrtBuffer[] arguments, int width) {
    for (int at = 0; at < arguments.length; at++) {
      PjrtDevice given = objects.place(arguments[at]);
      if (!given.equals(devices.get(at / width))) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "argument %d: expected a buffer on %s, got one on %s; put it there by"
                    + " bufferFrom or copyTo",
                at % width,
                devices.get(at / width),
                given));
      }
    }
  }

  /** A buffer whose memory the program takes must not be another argument of the same run. */
  private void checkGivenOnce(PjrtBuffer[] arguments, int width, Set<Integer> kept) {
    for (int taken : signature.donated().orElse(Set.of())) {
      if (!kept.contains(taken) && taken < width && hasTwice(arguments, width)) {
        for (int at = 0; at < arguments.length; at++) {
          int own = at / width * width + taken;
          if (at != own && arguments[at] == arguments[own]) {
            throw new IllegalArgumentException(
                String.format(
                    Locale.ROOT,
                    "arguments %d and %d: expected two buffers, since the program"
                        + " takes the memory of %d, got one; copy it, or name %d in"
                        + " ExecuteOptions.keep",
                    Math.min(taken, at % width),
                    Math.max(taken, at % width),
                    taken,
                    taken));
          }
        }
      }
    }
  }

  private static boolean hasTwice(PjrtBuffer[] arguments, int width) {
    Set<PjrtBuffer> row = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int at = 0; at < arguments.length; at++) {
      if (at % width == 0) {
        row.clear();
      }
      if (!row.add(arguments[at])) {
        return true;
      }
    }
    return false;
  }

  /**
   * Checks facts that another thread may change. The caller must ensure that no buffer is donated
   * or deleted meanwhile.
   */
  public void checkLive(PjrtBuffer[] arguments, int width) {
    for (int at = 0; at < arguments.length; at++) {
      if (arguments[at].isDeleted()) {
        throw new PjrtException(
            PjrtCode.FAILED_PRECONDITION,
            PjrtFunction.BUFFER_IS_DELETED.symbol(),
            String.format(
                Locale.ROOT,
                "argument %d on %s was donated or deleted; name it in"
                    + " ExecuteOptions.keep, or copy it first",
                at % width,
                devices.get(at / width)));
      }
    }
  }
}
