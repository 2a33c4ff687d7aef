package io.github.shardsum.backend;

import io.github.shardsum.testkit.BackendContract;

class ReferenceBackendContractTest implements BackendContract {
  @Override
  public Backend backend() {
    return new ReferenceBackend();
  }
}
