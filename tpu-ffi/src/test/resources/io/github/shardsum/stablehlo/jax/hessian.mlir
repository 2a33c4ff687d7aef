module @jit__lambda attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<3xf32>) -> (tensor<3x3xf32> {jax.result_info = "result"}) {
    %0 = stablehlo.iota dim = 0 : tensor<3x3xi32>
    %1 = stablehlo.iota dim = 1 : tensor<3x3xi32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %2 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<3x3xi32>
    %3 = stablehlo.add %0, %2 : tensor<3x3xi32>
    %4 = stablehlo.compare EQ, %3, %1, SIGNED : (tensor<3x3xi32>, tensor<3x3xi32>) -> tensor<3x3xi1>
    %5 = stablehlo.convert %4 : (tensor<3x3xi1>) -> tensor<3x3xf32>
    %6 = stablehlo.slice %5 [0:3, 0:3] : (tensor<3x3xf32>) -> tensor<3x3xf32>
    %7 = stablehlo.convert %6 : tensor<3x3xf32>
    %8 = stablehlo.multiply %arg0, %arg0 : tensor<3xf32>
    %9 = stablehlo.multiply %8, %arg0 : tensor<3xf32>
    %10 = stablehlo.multiply %arg0, %arg0 : tensor<3xf32>
    %cst = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %11 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %12 = stablehlo.multiply %11, %10 : tensor<3xf32>
    %13 = stablehlo.broadcast_in_dim %12, dims = [1] : (tensor<3xf32>) -> tensor<1x3xf32>
    %14 = stablehlo.broadcast_in_dim %13, dims = [0, 1] : (tensor<1x3xf32>) -> tensor<3x3xf32>
    %15 = stablehlo.multiply %7, %14 : tensor<3x3xf32>
    %16 = stablehlo.multiply %arg0, %arg0 : tensor<3xf32>
    %cst_0 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %17 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %18 = stablehlo.multiply %17, %arg0 : tensor<3xf32>
    %19 = stablehlo.broadcast_in_dim %18, dims = [1] : (tensor<3xf32>) -> tensor<1x3xf32>
    %20 = stablehlo.broadcast_in_dim %19, dims = [0, 1] : (tensor<1x3xf32>) -> tensor<3x3xf32>
    %21 = stablehlo.multiply %7, %20 : tensor<3x3xf32>
    %cst_1 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %22 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %23 = stablehlo.multiply %22, %16 : tensor<3xf32>
    %cst_2 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %24 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<3x3xf32>
    %25 = stablehlo.multiply %24, %21 : tensor<3x3xf32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %26 = stablehlo.reduce(%9 init: %cst_3) applies stablehlo.add across dimensions = [0] : (tensor<3xf32>, tensor<f32>) -> tensor<f32>
    %cst_4 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %27 = stablehlo.reduce(%15 init: %cst_4) applies stablehlo.add across dimensions = [1] : (tensor<3x3xf32>, tensor<f32>) -> tensor<3xf32>
    %28 = stablehlo.slice %arg0 [0:1] : (tensor<3xf32>) -> tensor<1xf32>
    %29 = stablehlo.slice %7 [0:3, 0:1] : (tensor<3x3xf32>) -> tensor<3x1xf32>
    %30 = stablehlo.reshape %28 : (tensor<1xf32>) -> tensor<f32>
    %31 = stablehlo.reshape %29 : (tensor<3x1xf32>) -> tensor<3xf32>
    %32 = stablehlo.multiply %26, %30 : tensor<f32>
    %33 = stablehlo.broadcast_in_dim %30, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %34 = stablehlo.multiply %27, %33 : tensor<3xf32>
    %35 = stablehlo.broadcast_in_dim %26, dims = [] : (tensor<f32>) -> tensor<3xf32>
    %36 = stablehlo.multiply %35, %31 : tensor<3xf32>
    %37 = stablehlo.add %34, %36 : tensor<3xf32>
    %38 = stablehlo.iota dim = 0 : tensor<1x1xi32>
    %39 = stablehlo.iota dim = 1 : tensor<1x1xi32>
    %c_5 = stablehlo.constant dense<0> : tensor<i32>
    %40 = stablehlo.broadcast_in_dim %c_5, dims = [] : (tensor<i32>) -> tensor<1x1xi32>
    %41 = stablehlo.add %38, %40 : tensor<1x1xi32>
    %42 = stablehlo.compare EQ, %41, %39, SIGNED : (tensor<1x1xi32>, tensor<1x1xi32>) -> tensor<1x1xi1>
    %43 = stablehlo.convert %42 : (tensor<1x1xi1>) -> tensor<1x1xf32>
    %44 = stablehlo.slice %43 [0:1, 0:1] : (tensor<1x1xf32>) -> tensor<1x1xf32>
    %45 = stablehlo.reshape %44 : (tensor<1x1xf32>) -> tensor<1xf32>
    %46 = stablehlo.convert %45 : tensor<1xf32>
    %47 = stablehlo.broadcast_in_dim %26, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %48 = stablehlo.multiply %47, %46 : tensor<1xf32>
    %49 = stablehlo.broadcast_in_dim %46, dims = [1] : (tensor<1xf32>) -> tensor<1x1xf32>
    %50 = stablehlo.broadcast_in_dim %27, dims = [0] : (tensor<3xf32>) -> tensor<3x1xf32>
    %51 = stablehlo.broadcast_in_dim %49, dims = [0, 1] : (tensor<1x1xf32>) -> tensor<3x1xf32>
    %52 = stablehlo.multiply %50, %51 : tensor<3x1xf32>
    %53 = stablehlo.broadcast_in_dim %30, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %54 = stablehlo.multiply %46, %53 : tensor<1xf32>
    %55 = stablehlo.broadcast_in_dim %46, dims = [1] : (tensor<1xf32>) -> tensor<1x1xf32>
    %56 = stablehlo.broadcast_in_dim %31, dims = [0] : (tensor<3xf32>) -> tensor<3x1xf32>
    %57 = stablehlo.broadcast_in_dim %55, dims = [0, 1] : (tensor<1x1xf32>) -> tensor<3x1xf32>
    %58 = stablehlo.multiply %57, %56 : tensor<3x1xf32>
    %59 = stablehlo.broadcast_in_dim %48, dims = [0] : (tensor<1xf32>) -> tensor<1x1xf32>
    %60 = stablehlo.broadcast_in_dim %52, dims = [0, 1] : (tensor<3x1xf32>) -> tensor<3x1x1xf32>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %61 = stablehlo.pad %59, %cst_6, low = [0, 0], high = [0, 2], interior = [0, 0] : (tensor<1x1xf32>, tensor<f32>) -> tensor<1x3xf32>
    %cst_7 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %62 = stablehlo.pad %60, %cst_7, low = [0, 0, 0], high = [0, 0, 2], interior = [0, 0, 0] : (tensor<3x1x1xf32>, tensor<f32>) -> tensor<3x1x3xf32>
    %63 = stablehlo.broadcast_in_dim %54, dims = [0] : (tensor<1xf32>) -> tensor<1x3xf32>
    %64 = stablehlo.broadcast_in_dim %58, dims = [0, 1] : (tensor<3x1xf32>) -> tensor<3x1x3xf32>
    %65 = stablehlo.broadcast_in_dim %23, dims = [1] : (tensor<3xf32>) -> tensor<1x3xf32>
    %66 = stablehlo.broadcast_in_dim %25, dims = [0, 2] : (tensor<3x3xf32>) -> tensor<3x1x3xf32>
    %67 = stablehlo.multiply %63, %65 : tensor<1x3xf32>
    %68 = stablehlo.broadcast_in_dim %65, dims = [1, 2] : (tensor<1x3xf32>) -> tensor<1x1x3xf32>
    %69 = stablehlo.broadcast_in_dim %68, dims = [0, 1, 2] : (tensor<1x1x3xf32>) -> tensor<3x1x3xf32>
    %70 = stablehlo.multiply %64, %69 : tensor<3x1x3xf32>
    %71 = stablehlo.broadcast_in_dim %63, dims = [1, 2] : (tensor<1x3xf32>) -> tensor<1x1x3xf32>
    %72 = stablehlo.broadcast_in_dim %71, dims = [0, 1, 2] : (tensor<1x1x3xf32>) -> tensor<3x1x3xf32>
    %73 = stablehlo.multiply %72, %66 : tensor<3x1x3xf32>
    %74 = stablehlo.add %70, %73 : tensor<3x1x3xf32>
    %75 = stablehlo.add %61, %67 : tensor<1x3xf32>
    %76 = stablehlo.add %62, %74 : tensor<3x1x3xf32>
    %77 = stablehlo.slice %75 [0:1, 0:3] : (tensor<1x3xf32>) -> tensor<1x3xf32>
    %78 = stablehlo.slice %76 [0:3, 0:1, 0:3] : (tensor<3x1x3xf32>) -> tensor<3x1x3xf32>
    %79 = stablehlo.reshape %77 : (tensor<1x3xf32>) -> tensor<3xf32>
    %80 = stablehlo.reshape %78 : (tensor<3x1x3xf32>) -> tensor<3x3xf32>
    %81 = stablehlo.transpose %80, dims = [1, 0] : (tensor<3x3xf32>) -> tensor<3x3xf32>
    %82 = stablehlo.slice %81 [0:3, 0:3] : (tensor<3x3xf32>) -> tensor<3x3xf32>
    return %82 : tensor<3x3xf32>
  }
}
