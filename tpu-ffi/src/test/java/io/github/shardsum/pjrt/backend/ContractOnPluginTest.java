package io.github.shardsum.pjrt.backend;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.RealPlugins;
import io.github.shardsum.testkit.BackendContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend promises, of each plugin. */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#all")
class ContractOnPluginTest implements BackendContract {
  @Parameter Path library;

  private PjrtClient client;
  private PjrtBackend backend;

  @BeforeEach
  void open() {
    client = RealPlugins.client(library, 1);
    backend = PjrtBackend.of(client);
  }

  @AfterEach
  void close() {
    backend.close();
    client.close();
  }

  @Override
  public Backend backend() {
    return backend;
  }
}
