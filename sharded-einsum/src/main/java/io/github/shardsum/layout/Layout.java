package io.github.shardsum.layout;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The layout of a value on a mesh: the mesh axes that split each of its labels, and the axes over
 * which the value is a partial sum. An immutable value; its text is the notation, such as {@code
 * G@x S M | y}.
 *
 * <p>A dimension with axes is cut into chunks; a second axis cuts each chunk again ({@link
 * Cut#chunks}). The last chunks may be shorter or empty; nothing is padded. Devices that differ
 * only along axes which the layout does not name hold the same elements. Along partial axes every
 * device holds an addend, and the value is the sum; for bool it is the OR.
 *
 * <p>An axis of size 1 stays in the notation but has no effect, see {@link #isEquivalent}.
 *
 * @param mesh the devices
 * @param term the labels, the mesh axes of each, and the partial axes; no ellipsis
 */
public record Layout(Mesh mesh, Term term) {
  /**
   * Checks that the mesh has the axes.
   *
   * @throws IllegalArgumentException if the term has an ellipsis or names an axis that the mesh
   *     does not have
   */
  public Layout {
    Objects.requireNonNull(mesh, "mesh");
    if (term.ellipsis() >= 0) {
      throw new IllegalArgumentException(
          "layout: every dimension must have a label, got an ellipsis in \""
              + term.spaced()
              + "\"");
    }
    for (Axis axis : term.axes()) {
      axis.mesh().forEach(name -> check(mesh, term, name));
    }
    term.partial().forEach(name -> check(mesh, term, name));
  }

  private static void check(Mesh mesh, Term term, String name) {
    if (!mesh.axisNames().contains(name)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "layout \"%s\": a mesh axis must be one of mesh \"%s\", got \"%s\"",
              term.spaced(),
              mesh.notation(),
              name));
    }
  }

  /**
   * Reads the notation of a layout. Every word is one label: {@code batch} is one, and {@code i j}
   * are two.
   *
   * @param mesh the devices
   * @param notation the notation, such as {@code G@x S M} or {@code m n | x}
   * @return the layout
   * @throws IllegalArgumentException if the text breaks a rule of the notation or names an axis
   *     that the mesh does not have
   */
  public static Layout parse(Mesh mesh, String notation) {
    int part = notation.indexOf(':');
    if (part >= 0) {
      throw new IllegalArgumentException(
          String.format(
                  Locale.ROOT,
                  "layout \"%s\": a whole mesh axis must be named, got part of one;"
                      + " factor the mesh, such as x=8",
                  notation)
              + " into x=2 y=4");
    }
    return new Layout(mesh, Term.parseSpaced(notation));
  }

  /**
   * The layout with the same labels and no axes.
   *
   * @return the layout in which every device holds the whole value
   */
  public Layout whole() {
    return new Layout(mesh, term.withoutLayout());
  }

  /**
   * Number of dimensions.
   *
   * @return the rank
   */
  public int rank() {
    return term.size();
  }

  /**
   * The label of a dimension.
   *
   * @param dim the dimension, in [0, rank)
   * @return the label
   * @throws IndexOutOfBoundsException if there is no such dimension
   */
  public String label(int dim) {
    return term.axis(dim).label();
  }

  /**
   * The dimension that has a label; the first one of a repeated label.
   *
   * @param label the label
   * @return the dimension
   * @throws IllegalArgumentException if there is no such label
   */
  public int dim(String label) {
    for (int dim = 0; dim < rank(); dim++) {
      if (label(dim).equals(label)) {
        return dim;
      }
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT, "layout \"%s\": expected one of its labels, got \"%s\"", this, label));
  }

  /**
   * The mesh axes that split a dimension, major to minor.
   *
   * @param dim the dimension, in [0, rank)
   * @return an immutable list
   * @throws IndexOutOfBoundsException if there is no such dimension
   */
  public List<String> axes(int dim) {
    return term.axis(dim).mesh();
  }

  /**
   * The mesh axes over which the value is a partial sum, sorted.
   *
   * @return an immutable list
   */
  public List<String> partial() {
    return term.partial();
  }

  /**
   * Whether this equals another layout up to axes of size 1.
   *
   * @param other another layout
   * @return true if the layouts are equal without axes of size 1; every device then holds the same
   *     elements in both
   */
  public boolean isEquivalent(Layout other) {
    return mesh.equals(other.mesh)
        && (term.equals(other.term) || (hasOnes() && withoutOnes().equals(other.withoutOnes())));
  }

  private boolean hasOnes() {
    return mesh.axes().stream().anyMatch(axis -> axis.size() == 1);
  }

  private Term withoutOnes() {
    List<Axis> axes =
        term.axes().stream().map(axis -> new Axis(axis.label(), large(axis.mesh()))).toList();
    return new Term(axes, large(term.partial()));
  }

  private List<String> large(List<String> names) {
    return names.stream().filter(name -> mesh.size(name) > 1).toList();
  }

  /**
   * The indices of a dimension that each part holds.
   *
   * @param dim the dimension, in [0, rank)
   * @param size its size
   * @return the cut; its parts are numbered along {@link #axes(int)}
   */
  public Cut cut(int dim, long size) {
    return Cut.chunks(size, axes(dim).stream().map(mesh::size).toList());
  }

  /**
   * The indices of a label that each part holds; of a repeated label, those of the first dimension.
   *
   * @param label the label
   * @param size its size
   * @return the cut
   * @throws IllegalArgumentException if there is no such label
   */
  public Cut cut(String label, long size) {
    return cut(dim(label), size);
  }

  /**
   * The dtype in which a tensor of this layout is stored: addends of bf16 are stored as f32, so
   * that their sum is rounded once.
   *
   * @param dtype dtype of the value
   * @return f32 for bf16 with a partial axis of more than one device, otherwise the dtype
   */
  public DType stored(DType dtype) {
    boolean isPartial = partial().stream().anyMatch(axis -> mesh.size(axis) > 1);
    return dtype == DType.BF16 && isPartial ? DType.F32 : dtype;
  }

  /**
   * The number of the part of a dimension that a device holds.
   *
   * @param dim the dimension, in [0, rank)
   * @param device the device, in [0, mesh size)
   * @return the number of the part, in row-major order of the dimension's axes
   */
  public int part(int dim, int device) {
    return mesh.part(axes(dim), device);
  }

  /**
   * The block that a device holds.
   *
   * @param whole shape of the value
   * @param device the device, in [0, mesh size)
   * @return the block of global indices
   * @throws IllegalArgumentException if the shape has another rank
   */
  public Box box(Shape whole, int device) {
    checkRank(whole);
    List<Long> starts = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    for (int dim = 0; dim < rank(); dim++) {
      Cut cut = cut(dim, whole.size(dim));
      int part = part(dim, device);
      starts.add(cut.start(part));
      ends.add(cut.end(part));
    }
    return new Box(starts, ends);
  }

  /**
   * Shape of the block that a device holds.
   *
   * @param whole shape of the value
   * @param device the device, in [0, mesh size)
   * @return the local shape
   * @throws IllegalArgumentException if the shape has another rank
   */
  public Shape localShape(Shape whole, int device) {
    return box(whole, device).shape();
  }

  /**
   * Shape of the largest block, which device 0 of an unpermuted mesh holds.
   *
   * @param whole shape of the value
   * @return the local shape
   * @throws IllegalArgumentException if the shape has another rank
   */
  public Shape largestShape(Shape whole) {
    checkRank(whole);
    long[] sizes = new long[rank()];
    for (int dim = 0; dim < sizes.length; dim++) {
      sizes[dim] = cut(dim, whole.size(dim)).longest();
    }
    return Shape.of(sizes);
  }

  private void checkRank(Shape whole) {
    if (whole.rank() != rank()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "layout \"%s\": expected a shape of rank %d, got %s",
              this,
              rank(),
              whole));
    }
  }

  /** The notation, from which {@link #parse} makes an equal layout. */
  @Override
  public String toString() {
    return term.spaced();
  }
}
