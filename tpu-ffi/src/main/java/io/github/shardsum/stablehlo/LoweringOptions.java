package io.github.shardsum.stablehlo;

import io.github.shardsum.mesh.Mesh;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Options for the lowering of a program to StableHLO; an immutable value. */
public final class LoweringOptions {
  private final Optional<Mesh> mesh;
  private final ShardingForm form;
  private final boolean fullPrecision;
  private final Optional<Edges> edges;
  private final boolean donation;

  private LoweringOptions(
      Optional<Mesh> mesh,
      ShardingForm form,
      boolean fullPrecision,
      Optional<Edges> edges,
      boolean donation) {
    Objects.requireNonNull(mesh, "mesh");
    Objects.requireNonNull(form, "form");
    Objects.requireNonNull(edges, "edges");
    this.mesh = mesh;
    this.form = form;
    this.fullPrecision = fullPrecision;
    this.edges = edges;
    this.donation = donation;
  }

  /**
   * The options for one device, with the plugin's default precision.
   *
   * @return the options
   */
  public static LoweringOptions defaults() {
    return new LoweringOptions(
        Optional.empty(), ShardingForm.SHARDY, false, Optional.empty(), false);
  }

  /**
   * The same options over a mesh.
   *
   * @param over the mesh
   * @return the options
   */
  public LoweringOptions withMesh(Mesh over) {
    return new LoweringOptions(
        Optional.of(Objects.requireNonNull(over, "mesh")), form, fullPrecision, edges, donation);
  }

  /**
   * The same options with layouts in another form.
   *
   * @param other the form
   * @return the options
   */
  public LoweringOptions withForm(ShardingForm other) {
    return new LoweringOptions(mesh, other, fullPrecision, edges, donation);
  }

  /**
   * The same options with products in full precision.
   *
   * @return the options
   */
  public LoweringOptions withFullPrecision() {
    return new LoweringOptions(mesh, form, true, edges, donation);
  }

  /**
   * The same options with other layouts of inputs and outputs.
   *
   * @param layouts the layouts of inputs and outputs
   * @return the options
   */
  public LoweringOptions withEdges(Edges layouts) {
    return new LoweringOptions(
        mesh, form, fullPrecision, Optional.of(Objects.requireNonNull(layouts, "edges")), donation);
  }

  /**
   * The same options for runs that may reuse the memory of their arguments.
   *
   * @return the options
   */
  public LoweringOptions withDonation() {
    return new LoweringOptions(mesh, form, fullPrecision, edges, true);
  }

  /** {@return the devices; empty for one device} */
  public Optional<Mesh> mesh() {
    return mesh;
  }

  /** {@return the form in which layouts are written} */
  public ShardingForm form() {
    return form;
  }

  /**
   * {@return whether products of f32 request full precision, which is many times as slow on a TPU;
   * otherwise a TPU rounds the operands to bf16}
   */
  public boolean fullPrecision() {
    return fullPrecision;
  }

  /**
   * {@return the layouts of inputs and outputs; if empty, inputs have the layouts in their types,
   * and outputs are whole}
   */
  public Optional<Edges> edges() {
    return edges;
  }

  /**
   * {@return whether a run may reuse the memory of its arguments for results of the same type and
   * layout}
   */
  public boolean donation() {
    return donation;
  }

  private List<Object> values() {
    return List.of(mesh, form, fullPrecision, edges, donation);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LoweringOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "LoweringOptions" + values();
  }
}
