package io.github.shardsum.internal.io;

/** Numbers of the zip format (PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3). */
public final class ZipFormat {
  public static final int LOCAL_SIGNATURE = 0x04034b50;
  public static final int CENTRAL_SIGNATURE = 0x02014b50;
  public static final int END_SIGNATURE = 0x06054b50;
  public static final int END64_SIGNATURE = 0x06064b50;
  public static final int LOCATOR64_SIGNATURE = 0x07064b50;

  /** Bytes of each record without its variable parts. */
  public static final int LOCAL_SIZE = 30;

  public static final int CENTRAL_SIZE = 46;
  public static final int END_SIZE = 22;
  public static final int END64_SIZE = 56;
  public static final int LOCATOR64_SIZE = 20;

  /** Values that mean "see the zip64 record". */
  public static final long MAX32 = 0xffffffffL;

  public static final int MAX16 = 0xffff;

  public static final int STORED = 0;
  public static final int DEFLATED = 8;
  public static final int ENCRYPTED_FLAG = 1;
  public static final int UTF8_FLAG = 1 << 11;
  public static final int EXTRA_ZIP64 = 1;

  private ZipFormat() {}
}
