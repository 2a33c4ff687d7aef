package io.github.shardsum.pjrt;

/**
 * A version of the PJRT C API.
 *
 * @param major the major version, 0 so far
 * @param minor the minor version, which grows with every addition
 */
public record ApiVersion(int major, int minor) {
  @Override
  public String toString() {
    return major + "." + minor;
  }
}
