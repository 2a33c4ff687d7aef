package io.github.shardsum.backend;

import io.github.shardsum.exec.Workers;

class LocalBackendContractTest implements BackendContract {
  @Override
  public Backend backend() {
    return LocalBackend.of(Workers.sequential());
  }
}
