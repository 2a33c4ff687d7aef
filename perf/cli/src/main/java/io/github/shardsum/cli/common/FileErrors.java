package io.github.shardsum.cli.common;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Errors of files in words. */
public final class FileErrors {
  private FileErrors() {}

  /**
   * Returns a sentence about a file, without the names of Java's classes.
   *
   * @param failed the exception of the JDK
   */
  public static String describe(FileSystemException failed) {
    String reason = failed.getReason();
    return switch (failed) {
      case NoSuchFileException missing ->
          "no such file: " + missing.getFile() + (reason == null ? "" : " (" + reason + ")");
      case AccessDeniedException denied -> "permission denied: " + denied.getFile();
      case FileAlreadyExistsException taken -> taken.getFile() + ": this name exists already";
      default -> reason == null ? failed.toString() : failed.getFile() + ": " + reason;
    };
  }
}
