package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.moe.RouteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class RouteCommandTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final double WITHIN = 1e-12;

  /** Options of each worked case, without logits, numbers and capacity. */
  private static final Map<String, String> MODES =
      Map.of(
          "case1_overflow/token_major_before",
          "{'second':'all','order':'token','aux':'e2','auxChoices':2}",
          "case1_overflow/bpr_before",
          "{'second':'all','order':'probability','aux':'e2'}",
          "case2_random_slot/paper_literal",
          "{}",
          "case2_random_slot/paper_nonconsuming",
          "{'rejectedKeepsSlot':false}",
          "case3_ties/all_before",
          "{'router':'top2','second':'all','normalize':'before'}",
          "case4_two_groups/all_after_E2",
          "{'second':'all','normalize':'after','aux':'e2','auxChoices':1,'auxPadding':'group'}",
          "case6_expert_choice",
          "{'router':'expert-choice'}");

  private static String run(String jobs) {
    try {
      Path file = Files.createTempFile("jobs", ".jsonl");
      try {
        Files.writeString(file, jobs);
        return run("--jobs", file.toString());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Main.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(Stream.concat(Stream.of("route"), Stream.of(args)).toArray(String[]::new));
    assertEquals(0, status, err::toString);
    assertEquals("", err.toString());
    return out.toString();
  }

  private static List<JsonNode> answers(String jobs) {
    return run(jobs).lines().map(JSON::readTree).toList();
  }

  /** By hand: both tokens have expert 0 first and expert 1 second. */
  @Test
  void aSecondChoiceThatIsNeverSentUsesUpASlotUnlessItIsToBeFree() {
    String job = json("{'logits':[[[2,1],[2,1]]],'capacity':5,'second':'none'}");
    assertEquals("[2,2]", answers(job).getFirst().get("load").toString());
    String free = job.replace("}", json(",'rejectedKeepsSlot':false}"));
    assertEquals("[2,0]", answers(free).getFirst().get("load").toString());
  }

  /** Apostrophes stand for quotation marks. */
  private static String json(String text) {
    return text.replace('\'', '"');
  }

  @TestFactory
  Stream<DynamicTest> everyWorkedCase() throws IOException {
    Path root = Path.of(System.getProperty("basedir", "")).resolve("../..");
    Path examples = root.resolve("moe-ops/src/test/resources/route_examples.json");
    List<JsonNode> cases = JSON.readTree(examples).get("cases").valueStream().toList();
    assertEquals(MODES.size(), cases.size());
    return cases.stream()
        .map(each -> DynamicTest.dynamicTest(each.get("id").stringValue(), () -> checkCase(each)));
  }

  private static void checkCase(JsonNode example) {
    ObjectNode job = JSON.createObjectNode();
    job.set("id", example.get("id"));
    job.set("logits", example.get("logits"));
    job.set("capacity", example.get("C"));
    for (String member : List.of("uniform", "nonpadding")) {
      if (example.has(member)) {
        job.set(member, example.get(member));
      }
    }
    String mode = MODES.getOrDefault(example.get("id").stringValue(), "");
    job.setAll((ObjectNode) JSON.readTree(json(mode)));
    JsonNode answer = answers(JSON.writeValueAsString(job)).getFirst();
    JsonNode expected = example.get("expected");
    assertEquals(example.get("id"), answer.get("id"));
    checkCombine(rows(expected.get("combine_sparse_gsec_weight")), answer.get("combine"));
    double[] losses = numbers(expected.get("aux_loss_per_group"));
    assertEquals(
        IntStream.range(0, losses.length).mapToDouble(i -> losses[i]).average().orElseThrow(),
        answer.get("aux").doubleValue(),
        WITHIN);
    assertEquals(
        expected.get("router_z_loss").doubleValue(), answer.get("zLoss").doubleValue(), WITHIN);
  }

  private static List<double[]> rows(JsonNode rows) {
    return rows.valueStream()
        .map(RouteCommandTest::numbers)
        .sorted(
            Comparator.<double[]>comparingDouble(row -> row[0])
                .thenComparingDouble(row -> row[1])
                .thenComparingDouble(row -> row[2])
                .thenComparingDouble(row -> row[3]))
        .toList();
  }

  private static double[] numbers(JsonNode array) {
    return array.valueStream().mapToDouble(JsonNode::doubleValue).toArray();
  }

  private static void checkCombine(List<double[]> expected, JsonNode given) {
    assertEquals(expected.size(), given.size(), given::toString);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), numbers(given.get(i)), WITHIN, given::toString);
    }
  }

  /** Of random sizes; logits with many ties every third time. */
  private static ObjectNode paperJob(int id, Random random) {
    int experts = 2 + random.nextInt(8);
    ObjectNode job = JSON.createObjectNode().put("id", id).put("capacity", 1 + random.nextInt(5));
    ArrayNode logits = job.putArray("logits");
    ArrayNode uniform = job.putArray("uniform");
    int tokens = 1 + random.nextInt(12);
    for (int g = 0; g <= random.nextInt(3); g++) {
      ArrayNode group = logits.addArray();
      ArrayNode drawn = uniform.addArray();
      for (int s = 0; s < tokens; s++) {
        ArrayNode token = group.addArray();
        drawn.add(random.nextDouble());
        for (int e = 0; e < experts; e++) {
          token.add(id % 3 == 0 ? random.nextInt(4) : random.nextGaussian());
        }
      }
    }
    return job;
  }

  @Test
  void thePapersRouterIsAlgorithm1() {
    Random random = new Random(7);
    List<ObjectNode> jobs = IntStream.range(0, 500).mapToObj(id -> paperJob(id, random)).toList();
    List<JsonNode> answers =
        answers(String.join("\n", jobs.stream().map(JSON::writeValueAsString).toList()));
    assertEquals(jobs.size(), answers.size());
    for (int i = 0; i < jobs.size(); i++) {
      assertEquals(i, answers.get(i).get("id").intValue());
      checkPaper(jobs.get(i), answers.get(i));
    }
  }

  private static void checkPaper(JsonNode job, JsonNode answer) {
    int groups = job.get("logits").size();
    int capacity = job.get("capacity").intValue();
    List<double[]> combine = new ArrayList<>();
    long[] load = new long[job.get("logits").get(0).get(0).size()];
    double aux = 0;
    double zLoss = 0;
    int dropped = 0;
    for (int g = 0; g < groups; g++) {
      int group = g;
      double[][] logits =
          job.get("logits")
              .get(g)
              .valueStream()
              .map(RouteCommandTest::numbers)
              .toArray(double[][]::new);
      Algorithm1 paper = new Algorithm1(logits, capacity, numbers(job.get("uniform").get(g)));
      paper.combine.stream()
          .sorted(
              Comparator.comparingInt(Algorithm1.Entry::token)
                  .thenComparingInt(Algorithm1.Entry::expert))
          .forEach(
              e -> combine.add(new double[] {group, e.token(), e.expert(), e.slot(), e.weight()}));
      for (int e = 0; e < load.length; e++) {
        load[e] += Math.min(paper.count[e], capacity);
      }
      aux += paper.aux / groups;
      zLoss += paper.squaredLogZ / groups;
      dropped += paper.dropped;
    }
    checkCombine(combine, answer.get("combine"));
    assertEquals(aux, answer.get("aux").doubleValue(), WITHIN);
    assertEquals(zLoss, answer.get("zLoss").doubleValue(), 10 * WITHIN);
    assertArrayEquals(
        load, answer.get("load").valueStream().mapToLong(JsonNode::longValue).toArray());
    assertEquals(dropped, answer.get("dropped").intValue());
  }

  private static void means(String members, String notation) {
    JsonNode job =
        JSON.readTree(json("{'logits':[[[0,1,2],[2,1,0]]],'capacity':2" + members + "}"));
    assertEquals(
        RouteOptions.parse(notation + " capacity=fixed:2"), RouteJob.of(job).options(), members);
  }

  @Test
  void membersMeanTheWordsOfTheNotation() {
    means("", "top2");
    means(",'id':null,'router':null,'second':null,'uniform':null,'nonpadding':null", "top2");
    means(",'router':'top1'", "top1");
    means(",'router':'top2','k':2", "top2");
    means(",'router':'topk','k':3", "top3");
    means(",'router':'topk','k':2", "top2 second=all");
    means(",'router':'expert-choice','normalize':'after'", "experts2 normalize=after");
    means(",'second':'all'", "top2 second=all");
    means(",'second':'none'", "top2 second=none");
    means(",'second':'sample'", "top2 second=sample");
    means(",'second':'threshold:0.25'", "top2 second=threshold:0.25");
    means(",'second':'random:0.2'", "top2 second=random:0.2");
    means(",'normalize':'none'", "top2 normalize=never");
    means(",'normalize':'after'", "top2 normalize=after");
    means(",'rejectedKeepsSlot':false", "top2 rejected=free");
    means(",'order':'token'", "top2 slots=token");
    means(",'order':'probability'", "top2 slots=priority");
    means(",'aux':'e2'", "top2 aux=squared");
    means(",'auxChoices':2", "top2 aux=mean,all");
    means(",'router':'topk','k':3,'auxChoices':3,'aux':'e2'", "top3 aux=squared,all");
    means(",'auxPadding':'real'", "top2 aux=mean,real");
    means(",'auxPadding':'included'", "top2 aux=mean,unmasked");
  }

  @Test
  void aJobTakesTheNotationOfOptions() {
    String notation = "top3 slots=token aux=squared,all capacity=factor:1.25";
    JsonNode job = JSON.readTree(json("{'logits':[[[1,2,3]]],'options':'" + notation + "'}"));
    assertEquals(RouteOptions.parse(notation), RouteJob.of(job).options());
    String answer = run(json("{'logits':[[[1,2,3]]],'options':'top2','capacity':1,'k':2}\n"));
    assertTrue(
        answer.contains("must be the only member that sets an option, got also [capacity, k]"),
        answer);
  }

  @Test
  void paddingTakesNoSlotAndIsNoDrop() {
    String job =
        "{'id':'p','router':'top1','logits':[[[1,0],[1,0],[1,0]]],'capacity':1,"
            + "'nonpadding':[[0,1,1]],'auxPadding':'real'}";
    JsonNode answer = answers(json(job)).getFirst();
    assertEquals(1, answer.get("combine").size());
    assertEquals(1, answer.get("combine").get(0).get(1).intValue());
    assertEquals(1, answer.get("dropped").intValue());
    assertEquals("[1,0]", answer.get("load").toString());
  }

  private static void fails(String job, String reason) {
    JsonNode answer = answers(json(job)).getFirst();
    assertEquals(2, answer.size(), answer::toString);
    assertEquals("x", answer.get("id").stringValue());
    String said = answer.get("error").stringValue();
    assertTrue(said.contains(json(reason)), said);
  }

  private static void fails(String logits, String members, String reason) {
    fails("{'id':'x','logits':" + logits + ",'capacity':1" + members + "}", reason);
  }

  @Test
  void whatCannotBeRoutedIsAnError() {
    String good = "[[[1,2,3],[3,2,1]]]";
    fails(
        "{'id':'x','logits':[[[1,2]]],'capacity':0}", "'capacity' must be a whole number of 1 to");
    fails(
        "{'id':'x','logits':[[[1,2]]],'capacity':1.5}",
        "'capacity' must be a whole number of 1 to");
    fails(
        "{'id':'x','logits':[[[1,2]]]}",
        "'capacity' must be a whole number of 1 to 2147483647, got none");
    fails("{'id':'x','capacity':1}", "'logits' must be given, got none");
    fails(
        "[[[1,2],[NaN,1]]]", "", "logits must be below infinity, got NaN at [g, s, e] = [0, 1, 0]");
    fails("[[[1,Infinity]]]", "", "logits must be below infinity, got Infinity");
    fails(
        String.format(Locale.ROOT, "[[[1,%s]]]", "9".repeat(400)),
        "",
        "logits must be below infinity, got Infinity");
    fails("[[[-Infinity,-Infinity]]]", "", "finite for one expert of a token");
    fails("[[[1,2],[1]]]", "", "'logits[0, 1]' must be an array of 2 like the first, got one of 1");
    fails("[[[1,2]],[]]", "", "'logits[1]' must be an array of 1 like the first, got one of 0");
    fails("[[]]", "", "'logits[0]' must be an array with something in it, got one of 0");
    fails("[]", "", "'logits' must be an array with something in it, got one of 0");
    fails("[[[1,'2']]]", "", "'logits[0, 0, 1]' must be a number");
    fails("[[1,2]]", "", "'logits[0, 0]' must be an array with something in it, got 1");
    fails("[[[1]]]", "", "experts E must be at least as many as a token chooses, got 1 for top-2");
    fails(good, ",'router':'topk','k':4", "got 3 for top-4");
    fails(good, ",'router':'topk'", "'k' must be given with router topk");
    fails(good, ",'router':'top1','k':2", "'k' must be 1 or absent with router top1, got 2");
    fails(
        good,
        ",'router':'top3'",
        "'router' must be one of top1, top2, topk, expert-choice, got top3");
    fails(good, ",'router':'top1','second':'none'", "must be top2 for second=none");
    fails(good, ",'second':'random'", "'second' must be one of all, none, threshold:t, random:t");
    fails(good, ",'second':'random:half'", "must have a number after the colon, got half");
    fails(good, ",'second':'threshold:2'", "threshold must be in [0, 1], got 2.0");
    fails(
        good, ",'normalize':'never'", "'normalize' must be one of after, before, none, got never");
    fails(good, ",'router':'expert-choice','normalize':'before'", "must be never or after");
    fails(good, ",'order':7", "'order' must be a string, got 7");
    fails(good, ",'rejectedKeepsSlot':1", "'rejectedKeepsSlot' must be true or false, got 1");
    fails(good, ",'sceond':'all'", "job: must have member 'second', got 'sceond'");
    fails(good, ",'rejected_keeps_slot':true", "must have member 'rejectedKeepsSlot', got ");
    fails(good, ",'normalise':'none'", "must have member 'normalize', got 'normalise'");
    fails(good, ",'optoins':'top1'", "must have member 'options', got 'optoins'");
    fails(good, ",'routers':'top1'", "must have member 'router', got 'routers'");
    fails(good, ",'rejected':'free'", "'rejected' must be in 'options', as a word of the notation");
    fails(good, ",'z':0.1", "'z' must be in 'options', as a word of the notation, got 0.1");
    fails(good, ",'auxChoices':3", "'auxChoices' must be 1 or the router");
    fails(good, ",'uniform':[[0.5,1]]", "must be in [0, 1), got 1.0");
    fails(good, ",'uniform':[[0.5]]", "uniform numbers must have shape [G, S] = [1, 2]");
    fails(good, ",'nonpadding':[[1,2]]", "'nonpadding' must be 0 or 1 for each token, got 2");
    fails(good, ",'nonpadding':[[1]]", "padding mask must have shape [G, S] = [1, 2]");
  }

  @Test
  void unknownMembersThatAreNoMisspellingsAreIgnored() {
    String job = "{'id':1,'logits':[[[2,1,0]]],'capacity':1%s}%n";
    String plain = String.format(Locale.ROOT, job, "");
    String more = String.format(Locale.ROOT, job, ",'max':1,'kk':2,'ordinal':3,'note':'second'");
    List<JsonNode> answers = answers(json(plain + more));
    assertTrue(answers.get(0).has("combine"), answers::toString);
    assertEquals(answers.get(0), answers.get(1));
  }

  /** As answers write infinite numbers, and as Python's json writes them. */
  @Test
  void aForbiddenExpertHasMinusInfinityWithOrWithoutQuotes() {
    String job = "{'id':1,'logits':[[[2,%s,0],[1,2,%s]]],'capacity':2,'second':'all'}%n";
    String bare = String.format(Locale.ROOT, job, "-Infinity", "-Infinity");
    String quoted = String.format(Locale.ROOT, job, "'-Infinity'", "'-Infinity'");
    List<JsonNode> answers = answers(json(bare + quoted));
    assertEquals("[2,1,1]", answers.get(0).path("load").toString());
    assertEquals(answers.get(0), answers.get(1));
  }

  @Test
  void aLineThatIsNoJobEndsNothingButItself() {
    String jobs =
        json("nonsense\n\n[1]\n{'id':2,'logits':[[[1,2,3]]],'capacity':1}\n{'id':3,'id':4}\n");
    List<JsonNode> answers = answers(jobs);
    assertEquals(4, answers.size());
    String first = answers.get(0).get("error").stringValue();
    assertTrue(first.startsWith("line 1: must be a JSON object"), first);
    String third = answers.get(1).get("error").stringValue();
    assertEquals("line 3: must be a JSON object, got array", third);
    assertEquals(2, answers.get(2).get("id").intValue());
    assertFalse(answers.get(2).has("error"));
    assertTrue(answers.get(3).has("error"));
  }

  /** Not the names of a parser's classes, nor advice to who programs it. */
  @Test
  void whatIsNoJsonIsToldInWords() {
    List<String> lines =
        List.of(
            "{'id':1]",
            "{'id':[1}",
            "{'id':1",
            "{'id':.5}",
            "{'id':nul}",
            "{} {}",
            "{} 'x'",
            "[".repeat(5000),
            "{'id':1,'id':2}",
            "{'id':01}",
            "{'id':'\\q'}");
    List<JsonNode> answers = answers(json(String.join("\n", lines)));
    assertEquals(lines.size(), answers.size());
    for (JsonNode answer : answers) {
      String told = answer.get("error").stringValue();
      assertTrue(told.contains("must be a JSON object: "), told);
      assertFalse(told.matches("(?s).*(`|REDACTED|NaN|jackson).*"), told);
    }
    assertTrue(answers.get(5).get("error").stringValue().endsWith(": text after the object"));
  }

  @Test
  void aDashIsStandardInput() {
    InputStream terminal = System.in;
    String job = json("{'id':1,'logits':[[[0,0]]],'capacity':1,'second':'all'}\n");
    System.setIn(new java.io.ByteArrayInputStream(job.getBytes(StandardCharsets.UTF_8)));
    try {
      JsonNode answer = JSON.readTree(run("--jobs", "-"));
      assertEquals("[[0,0,0,0,0.5],[0,0,1,0,0.5]]", answer.get("combine").toString());
      assertEquals("[1,1]", answer.get("load").toString());
    } finally {
      System.setIn(terminal);
    }
  }
}
