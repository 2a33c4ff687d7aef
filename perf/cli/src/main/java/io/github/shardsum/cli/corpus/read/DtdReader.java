package io.github.shardsum.cli.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Mozilla's declarations of entities: {@code <!ENTITY key "text">}. */
record DtdReader() implements TranslationReader.Keyed {
  private static final Pattern COMMENT = Pattern.compile("<!--.*?(?:-->|\\z)", Pattern.DOTALL);
  private static final Pattern ENTITY =
      Pattern.compile("<!ENTITY\\s++([\\w.:-]++)\\s++(?:\"([^\"]*+)\"|'([^']*+)')\\s*+>");

  @Override
  public Map<String, String> read(InputStream in) throws IOException {
    Map<String, String> texts = new HashMap<>();
    Matcher entity = ENTITY.matcher(COMMENT.matcher(WholeText.utf8(in)).replaceAll(""));
    while (entity.find()) {
      texts.put(entity.group(1), entity.group(2) != null ? entity.group(2) : entity.group(3));
    }
    return texts;
  }
}
