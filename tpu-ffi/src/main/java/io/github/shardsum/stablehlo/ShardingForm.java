package io.github.shardsum.stablehlo;

/** The forms in which layouts over a mesh are written in StableHLO. */
public enum ShardingForm {
  /** The {@code sdy} dialect, which plugins of PJRT API 0.70 and newer accept. */
  SHARDY,
  /** The attribute {@code mhlo.sharding} and calls of {@code @Sharding}, for older plugins. */
  GSPMD
}
