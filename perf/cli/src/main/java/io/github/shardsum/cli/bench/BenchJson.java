package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.common.JsonAnswer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Results as JSON. */
final class BenchJson {
  private BenchJson() {}

  /** {@code {"equation": .., "results": [..]}}, with one result for each number of threads. */
  static String ofEquation(String equation, List<BenchMeasurement> results) {
    ObjectNode root = JsonAnswer.object();
    root.put("equation", equation);
    ArrayNode list = root.putArray("results");
    results.forEach(result -> result(list.addObject(), result));
    return text(root);
  }

  /**
   * {@code {"machine": .., "loadAverages": [..], "peers": [{"name": .., "version": .., "kernel":
   * ..}], "cases": [{"id": .., .., "results": [..]}], "groups": [..], "kernels": [..]}}.
   */
  static String ofCases(BenchPage.Content content) {
    ObjectNode root = JsonAnswer.object();
    root.put("machine", content.machine());
    root.set("loadAverages", JsonAnswer.tree(content.loads()));
    root.set("peers", JsonAnswer.tree(content.peers()));
    ArrayNode cases = root.putArray("cases");
    Map<String, ArrayNode> byId = new LinkedHashMap<>();
    for (BenchMeasurement result : content.results()) {
      ArrayNode list =
          byId.computeIfAbsent(
              result.subject().id(), _ -> subject(cases.addObject(), result.subject()));
      result(list.addObject(), result);
    }
    root.set("groups", JsonAnswer.tree(GroupMean.of(content.results())));
    ArrayNode others = root.putArray("kernels");
    content.kernels().forEach(result -> kernel(others.addObject(), result));
    return text(root);
  }

  private static void kernel(ObjectNode node, KernelCase.Result result) {
    KernelCase subject = result.subject();
    node.put("group", subject.group());
    node.put("id", subject.id());
    node.put("threads", result.threads());
    node.put("value", result.value().median());
    node.put("low", result.value().low());
    node.put("high", result.value().high());
    node.put("unit", subject.unit());
    node.put(subject.atMost() ? "atMost" : "atLeast", subject.wanted());
    node.put("met", result.verdict() == BenchVerdict.MET);
    node.put("verdict", result.verdict().toString());
  }

  private static ArrayNode subject(ObjectNode node, BenchCase subject) {
    node.put("id", subject.id());
    node.put("group", subject.group());
    node.put("equation", subject.equation());
    node.put("dtype", subject.dtype().toString());
    node.put("flops", subject.flops());
    node.put("bytes", subject.bytes());
    return node.putArray("results");
  }

  private static void result(ObjectNode node, BenchMeasurement result) {
    node.put("threads", result.threads());
    node.put("seconds", result.seconds());
    node.put("lower", result.lower());
    node.put("upper", result.upper());
    node.put("limit", result.limit().name().toLowerCase(Locale.ROOT));
    node.put("share", result.share());
    ArrayNode peers = node.putArray("peers");
    for (BenchMeasurement.Peer peer : result.peers()) {
      ObjectNode entry = peers.addObject();
      entry.put("name", peer.name());
      entry.put("seconds", peer.seconds());
      entry.put("ratio", peer.ratio().median());
      entry.put("low", peer.ratio().low());
      entry.put("high", peer.ratio().high());
    }
  }

  private static String text(ObjectNode root) {
    return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(root)
        + System.lineSeparator();
  }
}
