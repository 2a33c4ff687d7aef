// The paper's dispatch, GSEC,GSM->EGCM, over 8 devices: split by group before, by expert after.
module @dispatch {
  sdy.mesh @mesh = <["x"=8]>
  func.func public @main(
      %mask: tensor<8x4x8x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}, {}, {}]>},
      %tokens: tensor<8x4x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}, {}]>})
      -> (tensor<8x8x2x16xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x"}, {}, {}, {}]>}) {
    %0 = stablehlo.dot_general %mask, %tokens, batching_dims = [0] x [0], contracting_dims = [1] x [1]
        : (tensor<8x4x8x2xf32>, tensor<8x4x16xf32>) -> tensor<8x8x2x16xf32>
    %1 = stablehlo.transpose %0, dims = [1, 0, 2, 3] : (tensor<8x8x2x16xf32>) -> tensor<8x8x2x16xf32>
    return %1 : tensor<8x8x2x16xf32>
  }
}
