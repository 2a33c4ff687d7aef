package io.github.shardsum.picture;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A table of a page: rows of text under a head, with headings between them. Not thread-safe. */
public final class Table {
  private static final int MOST_INDENT = 20;

  /** The most columns that a narrow screen shows beside each other. */
  private static final int BESIDE = 3;

  private final List<String> head;
  private final Set<Integer> words;
  private final StringBuilder rows = new StringBuilder();
  private boolean isEmpty = true;

  /**
   * An empty table.
   *
   * @param head one text for each column; an empty list for a table without a head
   * @param words numbers of the columns that hold words, aligned left; other columns hold figures
   */
  public Table(List<String> head, Set<Integer> words) {
    this.head = List.copyOf(head);
    this.words = Set.copyOf(words);
  }

  /**
   * A table in which only the first column holds words.
   *
   * @param head one text for each column; an empty list for a table without a head
   */
  public Table(List<String> head) {
    this(head, Set.of(0));
  }

  /**
   * A row.
   *
   * @param cells one text for each column
   * @return this table
   */
  public Table row(List<String> cells) {
    return row(0, cells, "");
  }

  /**
   * A row of a tree; a reader can open its last cell.
   *
   * @param indent level of the tree, from 0
   * @param cells one text for each column
   * @param more the text of the opened cell; empty for a plain cell
   * @return this table
   */
  public Table row(int indent, List<String> cells, String more) {
    rows.append("<tr>");
    for (int i = 0; i < cells.size(); i++) {
      String look = i == 0 && indent > 0 ? " style=\"" + margin(indent) + "\"" : "";
      rows.append("<td").append(kind(i)).append(look);
      if (head.size() > BESIDE && !words.contains(i)) {
        rows.append(" data-of=\"").append(Picture.escaped(head.get(i))).append('"');
      }
      rows.append('>');
      String text = Picture.escaped(cells.get(i));
      boolean opens = i == cells.size() - 1 && !more.isEmpty();
      rows.append(
          opens
              ? "<details><summary>" + text + "</summary>" + Picture.escaped(more) + "</details>"
              : text);
      rows.append("</td>");
    }
    rows.append("</tr>\n");
    isEmpty = false;
    return this;
  }

  /**
   * A heading between rows.
   *
   * @param indent level of the tree, from 0
   * @param text the heading
   * @return this table
   */
  public Table section(int indent, String text) {
    int columns = Math.max(1, head.size());
    rows.append(
        String.format(
            Locale.ROOT,
            "<tr><th colspan=\"%d\" style=\"text-align:left;%s\">%s</th></tr>\n",
            columns,
            margin(indent),
            Picture.escaped(text)));
    return this;
  }

  /**
   * Whether the table has no rows.
   *
   * @return true without rows, even if the table has a head
   */
  public boolean isEmpty() {
    return isEmpty;
  }

  private String kind(int column) {
    return words.contains(column) ? "" : " class=\"n\"";
  }

  private static String margin(int indent) {
    return String.format(
        Locale.ROOT, "padding-left:%.1fem", 0.7 + 1.2 * Math.min(indent, MOST_INDENT));
  }

  /** The table as HTML. */
  String html() {
    StringBuilder html = new StringBuilder("<div class=\"wide\"><table");
    html.append(head.size() > BESIDE ? " class=\"many\">\n" : ">\n");
    if (!head.isEmpty()) {
      html.append("<thead><tr>");
      for (int i = 0; i < head.size(); i++) {
        html.append("<th").append(kind(i)).append('>');
        html.append(Picture.escaped(head.get(i))).append("</th>");
      }
      html.append("</tr></thead>\n");
    }
    return html.append("<tbody>\n").append(rows).append("</tbody></table></div>\n").toString();
  }
}
