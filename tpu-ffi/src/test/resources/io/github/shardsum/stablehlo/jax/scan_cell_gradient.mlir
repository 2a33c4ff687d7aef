module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<4x2x3xf32>, %arg1: tensor<3x5xf32>, %arg2: tensor<5x5xf32>) -> (tensor<4x2x3xf32> {jax.result_info = "result[0]"}, tensor<3x5xf32> {jax.result_info = "result[1]"}, tensor<5x5xf32> {jax.result_info = "result[2]"}) {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x5xf32>
    %cst_0 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<4x2x5xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<4x2x5xf32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<4x2x5xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<4x2x5xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %5:9 = stablehlo.while(%iterArg = %arg0, %iterArg_14 = %arg1, %iterArg_15 = %arg2, %iterArg_16 = %c, %iterArg_17 = %0, %iterArg_18 = %1, %iterArg_19 = %2, %iterArg_20 = %3, %iterArg_21 = %4) : tensor<4x2x3xf32>, tensor<3x5xf32>, tensor<5x5xf32>, tensor<i32>, tensor<2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>
    cond {
      %c_22 = stablehlo.constant dense<4> : tensor<i32>
      %25 = stablehlo.compare LT, %iterArg_16, %c_22, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %25 : tensor<i1>
    } do {
      %25 = func.call @dynamic_index_in_dim(%iterArg, %iterArg_16) : (tensor<4x2x3xf32>, tensor<i32>) -> tensor<2x3xf32>
      %26:5 = func.call @closed_call(%iterArg_14, %iterArg_15, %iterArg_17, %25) : (tensor<3x5xf32>, tensor<5x5xf32>, tensor<2x5xf32>, tensor<2x3xf32>) -> (tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>)
      %27 = func.call @dynamic_update_index_in_dim(%iterArg_18, %26#1, %iterArg_16) : (tensor<4x2x5xf32>, tensor<2x5xf32>, tensor<i32>) -> tensor<4x2x5xf32>
      %28 = func.call @dynamic_update_index_in_dim(%iterArg_19, %26#2, %iterArg_16) : (tensor<4x2x5xf32>, tensor<2x5xf32>, tensor<i32>) -> tensor<4x2x5xf32>
      %29 = func.call @dynamic_update_index_in_dim(%iterArg_20, %26#3, %iterArg_16) : (tensor<4x2x5xf32>, tensor<2x5xf32>, tensor<i32>) -> tensor<4x2x5xf32>
      %30 = func.call @dynamic_update_index_in_dim(%iterArg_21, %26#4, %iterArg_16) : (tensor<4x2x5xf32>, tensor<2x5xf32>, tensor<i32>) -> tensor<4x2x5xf32>
      %c_22 = stablehlo.constant dense<1> : tensor<i32>
      %31 = stablehlo.add %iterArg_16, %c_22 : tensor<i32>
      stablehlo.return %iterArg, %iterArg_14, %iterArg_15, %31, %26#0, %27, %28, %29, %30 : tensor<4x2x3xf32>, tensor<3x5xf32>, tensor<5x5xf32>, tensor<i32>, tensor<2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>
    }
    %6 = stablehlo.multiply %5#4, %5#4 : tensor<2x5xf32>
    %cst_4 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %7 = stablehlo.reduce(%6 init: %cst_4) applies stablehlo.add across dimensions = [0, 1] : (tensor<2x5xf32>, tensor<f32>) -> tensor<f32>
    %cst_5 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %8 = stablehlo.add %cst_5, %7 : tensor<f32>
    %9 = stablehlo.multiply %5#5, %5#5 : tensor<4x2x5xf32>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %10 = stablehlo.reduce(%9 init: %cst_6) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<4x2x5xf32>, tensor<f32>) -> tensor<f32>
    %11 = stablehlo.add %8, %10 : tensor<f32>
    %cst_7 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %12 = stablehlo.broadcast_in_dim %cst_7, dims = [] : (tensor<f32>) -> tensor<2x5xf32>
    %cst_8 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %13 = stablehlo.broadcast_in_dim %cst_8, dims = [] : (tensor<f32>) -> tensor<4x2x5xf32>
    %14 = stablehlo.multiply %5#5, %13 : tensor<4x2x5xf32>
    %15 = stablehlo.multiply %13, %5#5 : tensor<4x2x5xf32>
    %16 = stablehlo.add %14, %15 : tensor<4x2x5xf32>
    %cst_9 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %17 = stablehlo.broadcast_in_dim %cst_9, dims = [] : (tensor<f32>) -> tensor<2x5xf32>
    %18 = stablehlo.multiply %5#4, %17 : tensor<2x5xf32>
    %19 = stablehlo.multiply %17, %5#4 : tensor<2x5xf32>
    %20 = stablehlo.add %18, %19 : tensor<2x5xf32>
    %cst_10 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %21 = stablehlo.broadcast_in_dim %cst_10, dims = [] : (tensor<f32>) -> tensor<3x5xf32>
    %cst_11 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %22 = stablehlo.broadcast_in_dim %cst_11, dims = [] : (tensor<f32>) -> tensor<5x5xf32>
    %cst_12 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %23 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<4x2x3xf32>
    %c_13 = stablehlo.constant dense<0> : tensor<i32>
    %24:12 = stablehlo.while(%iterArg = %16, %iterArg_14 = %arg0, %iterArg_15 = %5#6, %iterArg_16 = %5#7, %iterArg_17 = %5#8, %iterArg_18 = %arg1, %iterArg_19 = %arg2, %iterArg_20 = %c_13, %iterArg_21 = %21, %iterArg_22 = %22, %iterArg_23 = %20, %iterArg_24 = %23) : tensor<4x2x5xf32>, tensor<4x2x3xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<3x5xf32>, tensor<5x5xf32>, tensor<i32>, tensor<3x5xf32>, tensor<5x5xf32>, tensor<2x5xf32>, tensor<4x2x3xf32>
    cond {
      %c_25 = stablehlo.constant dense<4> : tensor<i32>
      %25 = stablehlo.compare LT, %iterArg_20, %c_25, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %25 : tensor<i1>
    } do {
      %c_25 = stablehlo.constant dense<4> : tensor<i32>
      %25 = stablehlo.subtract %c_25, %iterArg_20 : tensor<i32>
      %c_26 = stablehlo.constant dense<1> : tensor<i32>
      %26 = stablehlo.subtract %25, %c_26 : tensor<i32>
      %27 = func.call @dynamic_index_in_dim_0(%iterArg, %26) : (tensor<4x2x5xf32>, tensor<i32>) -> tensor<2x5xf32>
      %28 = func.call @dynamic_index_in_dim(%iterArg_14, %26) : (tensor<4x2x3xf32>, tensor<i32>) -> tensor<2x3xf32>
      %29 = func.call @dynamic_index_in_dim_0(%iterArg_15, %26) : (tensor<4x2x5xf32>, tensor<i32>) -> tensor<2x5xf32>
      %30 = func.call @dynamic_index_in_dim_0(%iterArg_16, %26) : (tensor<4x2x5xf32>, tensor<i32>) -> tensor<2x5xf32>
      %31 = func.call @dynamic_index_in_dim_0(%iterArg_17, %26) : (tensor<4x2x5xf32>, tensor<i32>) -> tensor<2x5xf32>
      %32:4 = func.call @closed_call_1(%iterArg_18, %iterArg_19, %iterArg_21, %iterArg_22, %iterArg_23, %27, %28, %29, %30, %31) : (tensor<3x5xf32>, tensor<5x5xf32>, tensor<3x5xf32>, tensor<5x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x3xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>) -> (tensor<3x5xf32>, tensor<5x5xf32>, tensor<2x5xf32>, tensor<2x3xf32>)
      %33 = func.call @dynamic_update_index_in_dim_2(%iterArg_24, %32#3, %26) : (tensor<4x2x3xf32>, tensor<2x3xf32>, tensor<i32>) -> tensor<4x2x3xf32>
      %c_27 = stablehlo.constant dense<1> : tensor<i32>
      %34 = stablehlo.add %iterArg_20, %c_27 : tensor<i32>
      stablehlo.return %iterArg, %iterArg_14, %iterArg_15, %iterArg_16, %iterArg_17, %iterArg_18, %iterArg_19, %34, %32#0, %32#1, %32#2, %33 : tensor<4x2x5xf32>, tensor<4x2x3xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<4x2x5xf32>, tensor<3x5xf32>, tensor<5x5xf32>, tensor<i32>, tensor<3x5xf32>, tensor<5x5xf32>, tensor<2x5xf32>, tensor<4x2x3xf32>
    }
    return %24#11, %24#8, %24#9 : tensor<4x2x3xf32>, tensor<3x5xf32>, tensor<5x5xf32>
  }
  func.func private @dynamic_index_in_dim(%arg0: tensor<4x2x3xf32>, %arg1: tensor<i32>) -> tensor<2x3xf32> {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.dynamic_slice %arg0, %arg1, %c, %c_0, sizes = [1, 2, 3] : (tensor<4x2x3xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x2x3xf32>
    %1 = stablehlo.reshape %0 : (tensor<1x2x3xf32>) -> tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  }
  func.func private @closed_call(%arg0: tensor<3x5xf32>, %arg1: tensor<5x5xf32>, %arg2: tensor<2x5xf32>, %arg3: tensor<2x3xf32>) -> (tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>) {
    %0 = stablehlo.dot_general %arg3, %arg0, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x3xf32>, tensor<3x5xf32>) -> tensor<2x5xf32>
    %1 = stablehlo.dot_general %arg2, %arg1, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5xf32>, tensor<5x5xf32>) -> tensor<2x5xf32>
    %2 = stablehlo.add %0, %1 : tensor<2x5xf32>
    %3 = stablehlo.tanh %2 : tensor<2x5xf32>
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %4 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x5xf32>
    %5 = stablehlo.subtract %4, %3 : tensor<2x5xf32>
    return %3, %3, %arg2, %3, %5 : tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>, tensor<2x5xf32>
  }
  func.func private @dynamic_update_index_in_dim(%arg0: tensor<4x2x5xf32>, %arg1: tensor<2x5xf32>, %arg2: tensor<i32>) -> tensor<4x2x5xf32> {
    %0 = stablehlo.broadcast_in_dim %arg1, dims = [1, 2] : (tensor<2x5xf32>) -> tensor<1x2x5xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %1 = stablehlo.dynamic_update_slice %arg0, %0, %arg2, %c, %c_0 : (tensor<4x2x5xf32>, tensor<1x2x5xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<4x2x5xf32>
    return %1 : tensor<4x2x5xf32>
  }
  func.func private @dynamic_index_in_dim_0(%arg0: tensor<4x2x5xf32>, %arg1: tensor<i32>) -> tensor<2x5xf32> {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.dynamic_slice %arg0, %arg1, %c, %c_0, sizes = [1, 2, 5] : (tensor<4x2x5xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x2x5xf32>
    %1 = stablehlo.reshape %0 : (tensor<1x2x5xf32>) -> tensor<2x5xf32>
    return %1 : tensor<2x5xf32>
  }
  func.func private @closed_call_1(%arg0: tensor<3x5xf32>, %arg1: tensor<5x5xf32>, %arg2: tensor<3x5xf32>, %arg3: tensor<5x5xf32>, %arg4: tensor<2x5xf32>, %arg5: tensor<2x5xf32>, %arg6: tensor<2x3xf32>, %arg7: tensor<2x5xf32>, %arg8: tensor<2x5xf32>, %arg9: tensor<2x5xf32>) -> (tensor<3x5xf32>, tensor<5x5xf32>, tensor<2x5xf32>, tensor<2x3xf32>) {
    %0 = stablehlo.add %arg4, %arg5 : tensor<2x5xf32>
    %1 = stablehlo.multiply %0, %arg9 : tensor<2x5xf32>
    %2 = stablehlo.multiply %1, %arg8 : tensor<2x5xf32>
    %3 = stablehlo.add %1, %2 : tensor<2x5xf32>
    %4 = stablehlo.dot_general %3, %arg7, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<5x5xf32>
    %5 = stablehlo.transpose %4, dims = [1, 0] : (tensor<5x5xf32>) -> tensor<5x5xf32>
    %6 = stablehlo.add %arg3, %5 : tensor<5x5xf32>
    %7 = stablehlo.dot_general %3, %arg1, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5xf32>, tensor<5x5xf32>) -> tensor<2x5xf32>
    %8 = stablehlo.dot_general %3, %arg6, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x5xf32>, tensor<2x3xf32>) -> tensor<5x3xf32>
    %9 = stablehlo.transpose %8, dims = [1, 0] : (tensor<5x3xf32>) -> tensor<3x5xf32>
    %10 = stablehlo.add %arg2, %9 : tensor<3x5xf32>
    %11 = stablehlo.dot_general %3, %arg0, contracting_dims = [1] x [1], precision = [DEFAULT, DEFAULT] : (tensor<2x5xf32>, tensor<3x5xf32>) -> tensor<2x3xf32>
    return %10, %6, %7, %11 : tensor<3x5xf32>, tensor<5x5xf32>, tensor<2x5xf32>, tensor<2x3xf32>
  }
  func.func private @dynamic_update_index_in_dim_2(%arg0: tensor<4x2x3xf32>, %arg1: tensor<2x3xf32>, %arg2: tensor<i32>) -> tensor<4x2x3xf32> {
    %0 = stablehlo.broadcast_in_dim %arg1, dims = [1, 2] : (tensor<2x3xf32>) -> tensor<1x2x3xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %c_0 = stablehlo.constant dense<0> : tensor<i32>
    %1 = stablehlo.dynamic_update_slice %arg0, %0, %arg2, %c, %c_0 : (tensor<4x2x3xf32>, tensor<1x2x3xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<4x2x3xf32>
    return %1 : tensor<4x2x3xf32>
  }
}
