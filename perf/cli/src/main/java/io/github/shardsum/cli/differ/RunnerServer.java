package io.github.shardsum.cli.differ;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.testkit.Differ;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A runner of this library: one of its backends, on one mesh. */
final class RunnerServer {
  private RunnerServer() {}

  /** Answers each line until there is none. */
  static void serve(
      String name, Differ.Runner runner, Mesh mesh, BufferedReader in, PrintWriter out)
      throws IOException {
    out.println(JsonAnswer.text(JsonAnswer.object().put("runner", name)));
    out.flush();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(answer(runner, mesh, line));
      out.flush();
    }
  }

  private static String answer(Differ.Runner runner, Mesh mesh, String line) {
    ObjectNode answer = JsonAnswer.object();
    try {
      JsonNode request = JsonMapper.shared().readTree(line);
      answer.put("id", request.path("id").asLong(0));
      String on = request.path("mesh").asString("");
      if (!Mesh.parse(on).notation().equals(mesh.notation())) {
        throw new IllegalArgumentException("mesh: must be " + mesh.notation() + ", got " + on);
      }
      Program program = Program.parse(request.path("program").asString(""));
      RunnerLines.put(
          answer.putObject("values"),
          program.outputs(),
          runner.run(program, RunnerLines.tensors(request.path("inputs"), program.inputs())));
    } catch (JacksonException notJson) {
      answer.put("failure", "line: must be a JSON object");
    } catch (Exception failed) {
      answer.remove("values");
      answer.put("failure", failed.getClass().getSimpleName() + ": " + failed.getMessage());
    }
    return JsonAnswer.text(answer);
  }
}
