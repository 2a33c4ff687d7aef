package io.github.shardsum.internal.mpi;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.TransportException;
import java.util.List;

/**
 * Kinds of failures. Other processes throw the same kind of exception as the process that failed.
 */
enum MpiFailureKind {
  DEVICE,
  TIMEOUT,
  MISMATCH,
  TRANSPORT;

  private static final MpiFailureKind[] ALL = values();

  static MpiFailureKind of(CollectiveException failure) {
    return switch (failure) {
      case DeviceFailedException _ -> DEVICE;
      case CollectiveTimeoutException _ -> TIMEOUT;
      case CollectiveMismatchException _ -> MISMATCH;
      case TransportException _ -> TRANSPORT;
    };
  }

  static MpiFailureKind of(long number) {
    return ALL[(int) number];
  }

  CollectiveException exception(String message) {
    return switch (this) {
      case DEVICE -> new DeviceFailedException(message, List.of());
      case TIMEOUT -> new CollectiveTimeoutException(message, List.of());
      case MISMATCH -> new CollectiveMismatchException(message, List.of());
      case TRANSPORT -> new TransportException(message, List.of());
    };
  }
}
