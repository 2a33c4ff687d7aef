package io.github.shardsum.pjrt;

/** In what form a program is given. */
public enum ProgramFormat {
  /** StableHLO, with Shardy or not, as text or as MLIR bytecode. */
  MLIR("mlir"),
  /** A serialized {@code HloModuleProto}. */
  HLO("hlo");

  private final String text;

  ProgramFormat(String text) {
    this.text = text;
  }

  /** The plugin's name for it. */
  @Override
  public String toString() {
    return text;
  }
}
