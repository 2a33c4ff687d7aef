package io.github.shardsum.picture;

import java.util.List;
import java.util.Set;

/**
 * One page of HTML without script or a network, for light and dark screens of any width. Not
 * thread-safe.
 */
public final class Page {
  /**
   * A narrow screen shows pictures whole, with larger letters, and breaks cells. A table of many
   * columns becomes a block for each row, whose figures have the names of their columns.
   */
  private static final String NARROW =
      "@media(max-width:700px){td,th{padding:.2em .35em}"
          + "td:not(.n){min-width:0;overflow-wrap:anywhere}td.n{white-space:normal}"
          + ".wide svg{overflow:visible}.wide:has(svg){overflow:visible}.wide text{font-size:16px}"
          + ".many thead{display:none}.many tr{display:block;padding:.3em 0;"
          + "border-bottom:1px solid var(--grid)}"
          + ".many td,.many th{display:inline-block;border:0;padding-top:0;padding-bottom:0}"
          + ".many td:not(.n){display:block}.many td:empty{display:none}"
          + ".many td.n::before{content:attr(data-of) \" \";color:var(--axis)}}";

  private static final String RULES =
      "*{box-sizing:border-box}"
          + "body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--paper);"
          + "max-width:76em;margin:2em auto;padding:0 1em}"
          + "h1{font-size:1.5em}h2{font-size:1.15em;margin:1.6em 0 .4em}"
          + "table{border-collapse:collapse;font-size:.93em}"
          + "td,th{padding:.2em .7em;border-bottom:1px solid var(--grid);text-align:left;vertical-align:top}"
          + "td:not(.n){min-width:7em}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
          + "summary{cursor:pointer}"
          + ".wide{overflow-x:auto}.wide svg{display:block;width:100%;margin:.5em 0}"
          + "p,li{overflow-wrap:anywhere}"
          + NARROW;

  private final StringBuilder html = new StringBuilder();

  /**
   * A page with its title as the first heading.
   *
   * @param title one line
   */
  public Page(String title) {
    String shown = Picture.escaped(title);
    html.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>")
        .append(shown)
        .append("</title>\n<style>")
        .append(Ink.rules())
        .append(RULES)
        .append("</style></head><body>\n<h1>")
        .append(shown)
        .append("</h1>\n");
  }

  /**
   * A heading.
   *
   * @param text one line
   * @return this page
   */
  public Page heading(String text) {
    html.append("<h2>").append(Picture.escaped(text)).append("</h2>\n");
    return this;
  }

  /**
   * A paragraph.
   *
   * @param text plain text
   * @return this page
   */
  public Page paragraph(String text) {
    html.append("<p>").append(Picture.escaped(text)).append("</p>\n");
    return this;
  }

  /**
   * A list with dots.
   *
   * @param lines plain texts
   * @return this page
   */
  public Page list(List<String> lines) {
    html.append("<ul>\n");
    lines.forEach(line -> html.append("<li>").append(Picture.escaped(line)).append("</li>\n"));
    html.append("</ul>\n");
    return this;
  }

  /**
   * A table.
   *
   * @param table the table, with its rows
   * @return this page
   */
  public Page table(Table table) {
    html.append(table.html());
    return this;
  }

  /**
   * A table whose first row is the head.
   *
   * @param rows texts of each row; the first column holds words, others figures
   * @return this page
   */
  public Page table(List<List<String>> rows) {
    return table(rows, Set.of(0));
  }

  /**
   * A table with given columns of words; the first row is the head.
   *
   * @param rows texts of each row
   * @param words numbers of the columns that hold words, from 0; other columns hold figures
   * @return this page
   */
  public Page table(List<List<String>> rows, Set<Integer> words) {
    Table table = new Table(rows.getFirst(), words);
    rows.stream().skip(1).forEach(table::row);
    return table(table);
  }

  /**
   * A picture.
   *
   * @param picture the picture as it is now
   * @return this page
   */
  public Page picture(Picture picture) {
    html.append("<div class=\"wide\">").append(picture.inside()).append("</div>\n");
    return this;
  }

  /**
   * The whole page.
   *
   * @return a document of HTML
   */
  public String html() {
    return html + "</body></html>\n";
  }
}
