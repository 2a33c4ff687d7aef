package io.github.shardsum.io;

/** Numbers of the zip format (PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3). */
final class ZipFormat {
  static final int LOCAL_SIGNATURE = 0x04034b50;
  static final int CENTRAL_SIGNATURE = 0x02014b50;
  static final int END_SIGNATURE = 0x06054b50;
  static final int END64_SIGNATURE = 0x06064b50;
  static final int LOCATOR64_SIGNATURE = 0x07064b50;

  /** Bytes of each record without its variable parts. */
  static final int LOCAL_SIZE = 30;

  static final int CENTRAL_SIZE = 46;
  static final int END_SIZE = 22;
  static final int END64_SIZE = 56;
  static final int LOCATOR64_SIZE = 20;

  /** Values that say "look in the zip64 record". */
  static final long MAX32 = 0xffffffffL;

  static final int MAX16 = 0xffff;

  static final int STORED = 0;
  static final int DEFLATED = 8;
  static final int ENCRYPTED_FLAG = 1;
  static final int UTF8_FLAG = 1 << 11;
  static final int EXTRA_ZIP64 = 1;

  private ZipFormat() {}
}
