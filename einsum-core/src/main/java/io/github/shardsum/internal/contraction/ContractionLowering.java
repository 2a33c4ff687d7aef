package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.contraction.ContractionProgram.Loop;
import io.github.shardsum.internal.contraction.ContractionProgram.Ref;
import io.github.shardsum.internal.contraction.ContractionProgram.Role;
import io.github.shardsum.internal.contraction.ContractionProgram.Step;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.path.Slice;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns a contraction over strided views into a {@link ContractionProgram}.
 *
 * <p>The last step writes the result itself, with two exceptions. A label that only the result has
 * is repeated by a copy. A sum that would be rounded more than once, as in bf16, is collected
 * first. A label that the result repeats is a diagonal, which is written like any result. The
 * diagonal's elements are kept while the whole result is scaled.
 *
 * <p>Sliced labels are loops around the steps. A shorter last chunk has its own steps: there is one
 * variant of the steps for each combination of short chunks.
 */
public final class ContractionLowering {
  /**
   * The largest number of labels with a short last chunk: 2^6 variants; further labels are cut into
   * single values.
   */
  private static final int MOST_SHORT = 6;

  private final ContractionSpec spec;
  private final KernelSet kernels;
  private final StepKernelChoices.Cursor choices;
  private final List<Slice> slices;

  private ContractionLowering(
      ContractionSpec spec, KernelSet kernels, StepKernelChoices.Cursor choices) {
    this.spec = spec;
    this.kernels = kernels;
    this.choices = choices;
    this.slices = spec.sumsNothing() ? List.of() : withFewShortChunks(spec);
    if (spec.isTree() && spec.slicesAdd()) {
      throw new IllegalArgumentException(
          "memory limit: under a fixed order of sums it must be enough to cut labels of the result"
              + " alone, got one that cuts a contracted label; raise it or leave the order to the"
              + " kernels");
    }
  }

  /** The program of a contraction; no axis of the result is empty. */
  public static ContractionProgram lower(
      ContractionSpec spec, KernelSet kernels, StepKernelChoices choices) {
    return new ContractionLowering(spec, kernels, StepKernelChoices.Cursor.of(choices)).lower();
  }

  /**
   * Names of the kernels that each step of the first variant could use, the model's choice first.
   */
  public static List<List<String>> candidates(ContractionSpec spec, KernelSet kernels) {
    StepKernelChoices.Cursor choices = StepKernelChoices.Cursor.listing();
    new ContractionLowering(spec, kernels, choices).lower();
    return choices.candidates();
  }

  private static List<Slice> withFewShortChunks(ContractionSpec spec) {
    List<Slice> slices = new ArrayList<>();
    int shortOnes = 0;
    for (Slice slice : spec.slices()) {
      long size = spec.sizes()[slice.label()];
      boolean isShort = size % slice.chunk() != 0;
      shortOnes += isShort ? 1 : 0;
      slices.add(isShort && shortOnes > MOST_SHORT ? new Slice(slice.label(), 1, size) : slice);
    }
    return slices;
  }

  private ContractionProgram lower() {
    StepBuilder whole =
        new StepBuilder(
            spec,
            kernels,
            spec.sizes().clone(),
            StepKernelChoices.Cursor.of(StepKernelChoices.NONE));
    List<Step> after = new ArrayList<>();
    boolean collects = !spec.sumsNothing() && mustCollect();
    ContractionValue result = new ContractionValue(new Ref.Result(), spec.result());
    ContractionValue target = collects ? whole.collector() : result;
    List<Integer> sizes = new ArrayList<>(whole.temporarySizes());
    List<List<Step>> variants = new ArrayList<>();
    for (int variant = 0; variant < 1 << slices.size(); variant++) {
      variants.add(exists(variant) ? variant(variant, target, sizes) : List.of());
    }
    if (collects) {
      after.add(whole.copy(result, target, Role.WHOLE, 0));
    }
    boolean direct = !collects && !slices.isEmpty();
    if (spec.resultRepeatsLabels()) {
      ContractionValue diagonal = whole.likeResult();
      after.add(whole.copy(diagonal, result, Role.INNER, 0));
      after.add(whole.wholeResult(new Ref.Constant(0), direct ? Role.BETA : Role.NOTHING));
      after.add(whole.copy(result, diagonal, Role.INNER, 0));
      raise(sizes, whole.temporarySizes());
    }
    if (spec.epilogue() && direct) {
      after.add(whole.wholeResult(new Ref.Result(), Role.EPILOGUE));
    }
    if (spec.epilogue() && spec.dtype() == DType.I32) {
      // A sum wraps only when it is written as i32. It may then be negative, and relu makes it 0.
      after.add(whole.wholeResult(new Ref.Result(), Role.RELU));
    }
    return new ContractionProgram(spec.type(), variants, after, loops(target), target.ref(), sizes);
  }

  private boolean mustCollect() {
    boolean routed = false;
    for (ContractionView operand : spec.operands()) {
      routed |= operand instanceof ContractionView.Routed;
    }
    boolean single = spec.operands().size() == 1 && !routed;
    boolean inSeveralSteps =
        routed
            || spec.slicesAdd()
            || spec.sumLength() > termsAtOnce()
            || (spec.epilogueMindsCuts() && !single)
            || (spec.affine() && !slices.isEmpty());
    return (spec.cutsSums() && inSeveralSteps) || (spec.resultRepeatsValues() && !single);
  }

  /** The largest number of products that every kernel sums before it writes. */
  private int termsAtOnce() {
    return switch (spec.type()) {
      case FLOAT -> kernels.gemm().floats().blocking().k();
      case DOUBLE -> kernels.gemm().doubles().blocking().k();
      case LONG -> kernels.gemm().longs().blocking().k();
    };
  }

  /** Whether the labels of a variant's bits have short last chunks. */
  private boolean exists(int variant) {
    for (int s = 0; s < slices.size(); s++) {
      boolean isShort = spec.sizes()[slices.get(s).label()] % slices.get(s).chunk() != 0;
      if ((variant >> s & 1) == 1 && !isShort) {
        return false;
      }
    }
    return true;
  }

  /** The steps of one pass; bit s of the variant means that slice s is at a short chunk. */
  private List<Step> variant(int variant, ContractionValue target, List<Integer> sizes) {
    long[] chunks = spec.sizes().clone();
    for (int s = 0; s < slices.size(); s++) {
      Slice slice = slices.get(s);
      boolean isShort = (variant >> s & 1) == 1;
      chunks[slice.label()] = isShort ? chunks[slice.label()] % slice.chunk() : slice.chunk();
    }
    // Short chunks run once each, so only full chunks are tried.
    StepBuilder builder =
        new StepBuilder(
            spec,
            kernels,
            chunks,
            variant == 0 ? choices : StepKernelChoices.Cursor.of(StepKernelChoices.NONE));
    boolean collects = target.ref() instanceof Ref.Temporary;
    if (collects) {
      builder.collector();
    }
    Role direct = slices.isEmpty() ? Role.WHOLE : Role.SUM;
    Role role = collects ? Role.COLLECT : direct;
    if (spec.scaled() && !slices.isEmpty()) {
      builder.contractApart(target, role);
    } else {
      builder.contract(target, role);
    }
    raise(sizes, builder.temporarySizes());
    return builder.steps();
  }

  /** Makes sizes of temporaries at least as large as others. */
  private static void raise(List<Integer> sizes, List<Integer> needed) {
    for (int i = 0; i < needed.size(); i++) {
      if (i == sizes.size()) {
        sizes.add(needed.get(i));
      } else {
        sizes.set(i, Math.max(sizes.get(i), needed.get(i)));
      }
    }
  }

  private List<Loop> loops(ContractionValue target) {
    ContractionView.Dense out = (ContractionView.Dense) target.view();
    List<Loop> loops = new ArrayList<>();
    for (Slice slice : slices) {
      int label = slice.label();
      long[] steps = new long[spec.operands().size()];
      Arrays.setAll(steps, i -> slice.chunk() * stride(spec.operands().get(i), label));
      List<RoutedContractionRef.Move> moves =
          spec.operands().stream().map(view -> move(view, label, slice.chunk())).toList();
      boolean isShort = spec.sizes()[label] % slice.chunk() != 0;
      loops.add(
          new Loop(
              slice.count(),
              steps,
              moves,
              slice.chunk() * out.strides()[label],
              out.has(label),
              isShort));
    }
    return loops;
  }

  private static long stride(ContractionView view, int label) {
    return switch (view) {
      case ContractionView.Dense dense -> dense.strides()[label];
      case ContractionView.Routed _ -> 0;
    };
  }

  private static RoutedContractionRef.Move move(ContractionView view, int label, long chunk) {
    return switch (view) {
      case ContractionView.Dense _ -> RoutedContractionRef.Move.NONE;
      case ContractionView.Routed routed ->
          new RoutedContractionRef.Move(
              chunk * routed.positionStrides()[label],
              chunk * routed.weightStrides()[label],
              routed.tailAxis(label),
              chunk);
    };
  }
}
