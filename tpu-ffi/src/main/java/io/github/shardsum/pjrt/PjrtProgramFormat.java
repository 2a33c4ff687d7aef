package io.github.shardsum.pjrt;

/** The form of a program. */
public enum PjrtProgramFormat {
  /** StableHLO, with or without Shardy, as text or as MLIR bytecode. */
  MLIR("mlir"),
  /** A serialized {@code HloModuleProto}. */
  HLO("hlo");

  private final String text;

  PjrtProgramFormat(String text) {
    this.text = text;
  }

  /** The plugin's name of the form. */
  @Override
  public String toString() {
    return text;
  }
}
