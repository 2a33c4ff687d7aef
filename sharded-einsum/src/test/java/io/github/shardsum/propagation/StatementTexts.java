package io.github.shardsum.propagation;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;

/** Propagation through statements that a test writes in a line, with a semicolon after each. */
final class StatementTexts {
  private StatementTexts() {}

  static Propagated run(String statements, String mesh) {
    return run(statements, mesh, PropagationOptions.defaults());
  }

  static Propagated run(String statements, String mesh, PropagationOptions options) {
    String text = "program p {\n" + statements.replace(";", "\n") + "\n}\n";
    return Propagation.of(Program.parse(text), Mesh.parse(mesh), options);
  }

  /** The layout of a value, without its stored dtype. */
  static String layout(Propagated laid, String value) {
    return laid.layout(value).term().toString();
  }
}
