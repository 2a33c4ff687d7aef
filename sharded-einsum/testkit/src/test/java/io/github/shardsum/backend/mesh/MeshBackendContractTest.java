package io.github.shardsum.backend.mesh;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.testkit.BackendContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/** The contract of backends on six meshes, on which every value lies in a random layout. */
class MeshBackendContractTest {
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class On implements BackendContract {
    private final Collectives collectives;

    On(Mesh mesh) {
      this.collectives = Collectives.open(mesh);
    }

    @Override
    public Backend backend() {
      return new RandomlyLaid(collectives);
    }

    @AfterAll
    void close() {
      collectives.close();
    }
  }

  @Nested
  class OneDevice extends On {
    OneDevice() {
      super(Mesh.parse(""));
    }
  }

  @Nested
  class TwoDevices extends On {
    TwoDevices() {
      super(Mesh.parse("x=2"));
    }
  }

  @Nested
  class ThreeDevices extends On {
    ThreeDevices() {
      super(Mesh.parse("x=3"));
    }
  }

  @Nested
  class TwoAxes extends On {
    TwoAxes() {
      super(Mesh.parse("x=2 y=2"));
    }
  }

  @Nested
  class Permuted extends On {
    Permuted() {
      super(Mesh.parse("x=2 y=3").withDevices(4, 2, 0, 5, 1, 3));
    }
  }

  @Nested
  class MoreDevicesThanIndices extends On {
    MoreDevicesThanIndices() {
      super(Mesh.parse("x=12"));
    }
  }
}
