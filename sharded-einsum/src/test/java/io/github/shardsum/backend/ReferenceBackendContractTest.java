package io.github.shardsum.backend;

class ReferenceBackendContractTest implements BackendContract {
  @Override
  public Backend backend() {
    return new ReferenceBackend();
  }
}
