package io.github.shardsum.picture;

import java.util.List;
import java.util.Locale;

/** Colours of a picture by their meaning, each with a light and a dark variant. */
public enum Ink {
  /** Computation, and cases that it bounds. */
  BLUE("#1f6fb2", "#58a6ff"),
  /** Communication, losses, and values over a limit. */
  RED("#c4452c", "#ff7b72"),
  /** Values that reach their aim. */
  GREEN("#2f8f4e", "#56d364"),
  /** A fourth series. */
  VIOLET("#8a55b5", "#bc8cff"),
  /** A fifth series. */
  OCHRE("#9a7209", "#e3b341"),
  /** Values for comparison. */
  GREY("#8b949e", "#8b949e"),
  /** Lines of a grid. */
  GRID("#dfe4ea", "#2a323c"),
  /** Axes and frames. */
  AXIS("#8b949e", "#7d8590"),
  /** Text. */
  TEXT("#1b1f24", "#e6edf3"),
  /** The background of everything, and text on a bar. */
  PAPER("#ffffff", "#0f1419");

  private static final List<Ink> SERIES = List.of(BLUE, RED, GREEN, VIOLET, OCHRE, GREY);

  private final String light;
  private final String dark;

  Ink(String light, String dark) {
    this.light = light;
    this.dark = dark;
  }

  /**
   * The colour of one of several series.
   *
   * @param number number of the series, from 0; the seventh has the colour of the first
   * @return the colour
   */
  public static Ink series(int number) {
    return SERIES.get(Math.floorMod(number, SERIES.size()));
  }

  /** The word of a colour in style sheets. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Style rules of all colours, for pages and for separate picture files. */
  static String rules() {
    StringBuilder light = new StringBuilder();
    StringBuilder dark = new StringBuilder();
    StringBuilder uses = new StringBuilder();
    for (Ink ink : values()) {
      String word = ink.word();
      light.append("--").append(word).append(':').append(ink.light).append(';');
      dark.append("--").append(word).append(':').append(ink.dark).append(';');
      uses.append(".f-" + word + "{fill:var(--" + word + ")}");
      uses.append(".l-" + word + "{stroke:var(--" + word + ");fill:none}");
    }
    return ":root{color-scheme:light dark;"
        + light
        + "}@media(prefers-color-scheme:dark){:root{"
        + dark
        + "}}text{font:12px system-ui,sans-serif;fill:var(--text)}"
        + uses
        + ".pale{opacity:.4}.dash{stroke-dasharray:6 4}.bold{stroke-width:2}"
        + "text.small{font-size:11px}text.f-paper{fill:var(--paper)}";
  }
}
