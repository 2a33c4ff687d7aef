package io.github.shardsum.pjrt;

/**
 * A version of the PJRT C API.
 *
 * @param major 0 so far
 * @param minor grows with every addition
 */
public record ApiVersion(int major, int minor) {
  @Override
  public String toString() {
    return major + "." + minor;
  }
}
