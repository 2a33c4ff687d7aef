package io.github.shardsum.stablehlo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The text of some programs, as it is to look. */
class StableHloTest {
  private static final Program LAYER =
      Program.parse(
          """
          program layer {
            input x: f32[b@x=4 m=3]
            input w: f32[m=3 h=2]
            input bias: f32[h=2]
            product = einsum(x, w) {equation="bm,mh->bh"}
            laid = annotate(product) {layout="b@x"}
            sum = add(laid, bias)
            output sum
          }
          """);

  private static final Mesh MESH = Mesh.parse("x=2,y=2");

  @Test
  void onOneDeviceLayoutsAreLeftOut() {
    assertEquals(
        """
        module @layer {
          func.func public @main(%0: tensor<4x3xf32>, %1: tensor<3x2xf32>, %2: tensor<2xf32>) -> (tensor<4x2xf32>) {
            // product: f32[b=4 h=2]
            %3 = stablehlo.dot_general %0, %1, contracting_dims = [1] x [0] : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
            // laid: f32[b=4 h=2]
            // sum: f32[b=4 h=2]
            %4 = stablehlo.broadcast_in_dim %2, dims = [1] : (tensor<2xf32>) -> tensor<4x2xf32>
            %5 = stablehlo.add %3, %4 : tensor<4x2xf32>
            return %5 : tensor<4x2xf32>
          }
        }
        """,
        StableHlo.of(LAYER).text());
  }

  /** XLA takes a pad of low = -high along a split dimension for the identity. */
  @Test
  void aShiftCutsBeforeItPads() {
    Program program =
        Program.parse(
            """
            program moved {
              input x: i32[a=6]
              up = shift(x) {label="a", by=2, fill=7}
              down = shift(x) {label="a", by=-1, fill=7}
              output up, down
            }
            """);
    String text = StableHlo.of(program).text();
    assertLine(text, "%1 = stablehlo.slice %0 [0:4] : (tensor<6xi32>) -> tensor<4xi32>");
    assertTrue(text.contains("low = [2], high = [0]"), text);
    assertTrue(text.contains("slice %0 [1:6]"), text);
    assertTrue(text.contains("low = [0], high = [1]"), text);
  }

  /** XLA CPU 0.115 refuses what it makes of interior elements along a split dimension. */
  @Test
  void elementsBetweenOthersArePaddedAlongADimensionOfTheirOwn() {
    Program program =
        Program.parse(
            """
            program spread {
              input x: i32[a=3]
              apart = pad(x) {label="a", low=1, high=0, interior=2, fill=7}
              output apart
            }
            """);
    String text = StableHlo.of(program).text();
    assertLine(
        text,
        "%3 = stablehlo.pad %1, %2, low = [0, 0], high = [0, 2], interior = [0, 0] :"
            + " (tensor<3x1xi32>, tensor<i32>) -> tensor<3x3xi32>");
    assertTrue(text.contains("[0:7] : (tensor<9xi32>) -> tensor<7xi32>"), text);
    assertTrue(text.contains("low = [1], high = [0], interior = [0]"), text);
  }

  /**
   * XLA CPU 0.115 loses one element that is taken with a step of 3 or more along a split dimension.
   */
  @Test
  void oneElementIsTakenWithStepOne() {
    Program program =
        Program.parse(
            """
            program one {
              input x: i32[a=6]
              y = slice(x) {label="a", from=1, to=5, step=4}
              z = slice(x) {label="a", from=1, to=6, step=4}
              w = window(x) {label="a", window="b", size=1, stride=6}
              output y, z, w
            }
            """);
    String text = StableHlo.of(program).text();
    assertTrue(text.contains("slice %0 [1:2] :"), text);
    assertTrue(text.contains("slice %0 [0:1] :"), text);
    assertTrue(text.contains("slice %0 [1:6:4] :"), text);
  }

  @Test
  void overAMeshLayoutsAreShardys() {
    String text = StableHlo.of(LAYER, LoweringOptions.defaults().withMesh(MESH)).text();
    assertLine(text, "sdy.mesh @mesh = <[\"x\"=2, \"y\"=2]>");
    assertLine(
        text,
        "func.func public @main(%0: tensor<4x3xf32> {sdy.sharding = #sdy.sharding<@mesh, [{\"x\"},"
            + " {}]>}, %1: tensor<3x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}, %2:"
            + " tensor<2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}]>}) -> (tensor<4x2xf32>"
            + " {sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}) {");
    assertLine(text, "%4 = sdy.sharding_constraint %3 <@mesh, [{\"x\"}, {?}]> : tensor<4x2xf32>");
  }

  @Test
  void forOldPluginsLayoutsAreTiles() {
    LoweringOptions options =
        LoweringOptions.defaults().withMesh(MESH).withForm(ShardingForm.GSPMD);
    String text = StableHlo.of(LAYER, options).text();
    assertFalse(text.contains("sdy."), text);
    assertTrue(
        text.contains(
            "%0: tensor<4x3xf32> {mhlo.sharding = \"{devices=[2,1,2]<=[2,2]T(0,1)"
                + " last_tile_dim_replicate}\"}"),
        text);
    assertTrue(text.contains("%1: tensor<3x2xf32> {mhlo.sharding = \"{replicated}\"}"), text);
    assertTrue(
        text.contains("custom_call @Sharding(%3) {backend_config = \"unspecified_dims=[1]\""),
        text);
  }

  @Test
  void aMeshOfAnotherOrderNamesItsDevices() {
    Mesh turned = Mesh.parse("x=2,y=2").withDevices(3, 1, 2, 0);
    LoweringOptions options = LoweringOptions.defaults().withMesh(turned);
    assertLine(
        StableHlo.of(LAYER, options).text(),
        "sdy.mesh @mesh = <[\"x\"=2, \"y\"=2], device_ids=[3, 1, 2, 0]>");
    String tiles = StableHlo.of(LAYER, options.withForm(ShardingForm.GSPMD)).text();
    assertTrue(tiles.contains("{devices=[2,1,2]3,1,2,0 last_tile_dim_replicate}"), tiles);
  }

  @Test
  void anInputWhoseLayoutIsUnevenComesWholeAndIsSplitInside() {
    Program uneven = Program.parse("program p {\n input a: f32[n@x=3]\n output a\n}");
    StableHlo module = StableHlo.of(uneven, LoweringOptions.defaults().withMesh(MESH));
    assertEquals("n", module.inputLayouts().getFirst().toString());
    assertLine(module.text(), "%1 = sdy.sharding_constraint %0 <@mesh, [{\"x\"}]> : tensor<3xf32>");
    StableHlo even = StableHlo.of(LAYER, LoweringOptions.defaults().withMesh(MESH));
    assertEquals("b@x m", even.inputLayouts().getFirst().toString());
  }

  @Test
  void openLabelsAndPrioritiesAreShardys() {
    Program program =
        Program.parse(
            """
            program p {
              input a: f32[n=4 m=2 k=2]
              b = annotate(a) {layout="n@x? m", priority=2}
              output b
            }
            """);
    assertLine(
        StableHlo.of(program, LoweringOptions.defaults().withMesh(MESH)).text(),
        "%1 = sdy.sharding_constraint %0 <@mesh, [{\"x\", ?}p2, {}, {?}]> : tensor<4x2x2xf32>");
  }

  @Test
  void fullPrecisionIsAskedForOfProductsOfF32() {
    String plain = StableHlo.of(LAYER).text();
    String full = StableHlo.of(LAYER, LoweringOptions.defaults().withFullPrecision()).text();
    assertFalse(plain.contains("precision"), plain);
    assertTrue(full.contains("contracting_dims = [1] x [0], precision = [HIGHEST, HIGHEST]"), full);
  }

  @Test
  void anOutputTakesTheMemoryOfOneInputOfItsTypeAndLayout() {
    Program step =
        Program.parse(
            """
            program step {
              input x: f32[b@x=4 m=3]
              input w: f32[m=3 h=2]
              input v: f32[m=3 h=2]
              input u: f32[h=2 m=3]
              sum = add(w, v)
              twice = add(x, x)
              output sum, twice, v
            }
            """);
    String one = StableHlo.of(step, LoweringOptions.defaults().withDonation()).text();
    assertTrue(
        one.contains(
            "%0: tensor<4x3xf32> {tf.aliasing_output = 1 : i32}, %1: tensor<3x2xf32>"
                + " {tf.aliasing_output = 0 : i32}, %2: tensor<3x2xf32> {tf.aliasing_output = 2 :"
                + " i32}, %3: tensor<2x3xf32>)"),
        one);
    String many =
        StableHlo.of(step, LoweringOptions.defaults().withMesh(MESH).withDonation()).text();
    // Of x a device has a part, of the result the whole.
    assertTrue(
        many.contains("%0: tensor<4x3xf32> {sdy.sharding = #sdy.sharding<@mesh, [{\"x\"}, {}]>},"),
        many);
    assertFalse(StableHlo.of(step).text().contains("aliasing"), one);
  }

  @Test
  void numbersAreReadBackToTheBit() {
    Program numbers =
        Program.parse(
            """
            program numbers {
              tenth = constant() {type="f32[]", value=0.1}
              half = constant() {type="bf16[]", value=0.1}
              none = constant() {type="f64[]", value=NaN}
              most = constant() {type="f32[a=2]", value=Infinity}
              least = constant() {type="i64[]", value=-9223372036854775808}
              yes = constant() {type="bool[]", value=1}
              output tenth, half, none, most, least, yes
            }
            """);
    String text = StableHlo.of(numbers).text();
    for (String literal :
        List.of(
            "dense<0.10000000149011612> : tensor<f32>",
            "dense<0.10009765625> : tensor<bf16>",
            "dense<0x7FF8000000000000> : tensor<f64>",
            "dense<0x7F800000> : tensor<f32>",
            "dense<-9223372036854775808> : tensor<i64>",
            "dense<true> : tensor<i1>")) {
      assertTrue(text.contains(literal), literal + " in\n" + text);
    }
  }

  @Test
  void anAxisThatTheMeshLacksIsNamed() {
    LoweringOptions options = LoweringOptions.defaults().withMesh(Mesh.parse("z=2"));
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> StableHlo.of(LAYER, options));
    assertEquals("input x: axis x must be one of the mesh z=2", e.getMessage());
  }

  private static void assertLine(String text, String line) {
    assertTrue(text.lines().map(String::strip).anyMatch(line::equals), line + "\nin\n" + text);
  }
}
