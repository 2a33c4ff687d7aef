package io.github.shardsum.cli.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** Java's and Mozilla's property files: UTF-8, or Latin-1 if they are not UTF-8. */
record PropertiesReader() implements TranslationReader.Keyed {
  @Override
  public Map<String, String> read(InputStream in) throws IOException {
    byte[] bytes = WholeText.bytes(in);
    String text;
    try {
      text = WholeText.decode(bytes, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException latin) {
      text = WholeText.decode(bytes, StandardCharsets.ISO_8859_1);
    }
    Properties properties = new Properties();
    properties.load(new StringReader(text));
    Map<String, String> texts = new HashMap<>();
    for (String key : properties.stringPropertyNames()) {
      // A message format doubles an apostrophe.
      texts.put(key, properties.getProperty(key, "").replace("''", "'"));
    }
    return texts;
  }
}
