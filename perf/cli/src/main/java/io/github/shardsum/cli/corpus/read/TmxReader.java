package io.github.shardsum.cli.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Translation memories. Each unit pairs its English text with each of the others. */
record TmxReader() implements TranslationReader.Aligned {
  @Override
  public void read(InputStream in, Consumer<Translation> sink) throws IOException {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    // A file can neither expand entities without end nor name other files.
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    try {
      XMLStreamReader xml = factory.createXMLStreamReader(text(in));
      Map<String, String> unit = new LinkedHashMap<>();
      String language = "";
      while (xml.hasNext()) {
        int event = xml.next();
        if (event == XMLStreamConstants.START_ELEMENT) {
          switch (xml.getLocalName()) {
            case "tu" -> unit.clear();
            case "tuv" -> language = language(xml);
            case "seg" -> unit.putIfAbsent(language, segment(xml));
            default -> {}
          }
        } else if (event == XMLStreamConstants.END_ELEMENT && xml.getLocalName().equals("tu")) {
          translations(unit, sink);
        }
      }
    } catch (XMLStreamException malformed) {
      throw new IllegalArgumentException(
          "must be XML, got "
              + String.valueOf(malformed.getMessage()).lines().findFirst().orElse(""),
          malformed);
    }
  }

  /** UTF-8, or UTF-16 after its mark. The JDK's parser would print what it finds instead. */
  private static Reader text(InputStream in) throws IOException {
    in.mark(2);
    int mark = in.read() << Byte.SIZE | in.read();
    in.reset();
    boolean wide = mark == 0xfeff || mark == 0xfffe;
    return new InputStreamReader(
        in, (wide ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8).newDecoder());
  }

  private static String language(XMLStreamReader xml) {
    String language = xml.getAttributeValue(XMLConstants.XML_NS_URI, "lang");
    String old = xml.getAttributeValue(null, "lang");
    return language != null ? language : old != null ? old : "";
  }

  /** The text of a segment, without the codes of the program that wrote it. */
  private static String segment(XMLStreamReader xml) throws XMLStreamException {
    StringBuilder text = new StringBuilder();
    int codes = 0;
    for (int depth = 1; depth > 0; ) {
      switch (xml.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          depth++;
          codes += isCode(xml) ? 1 : 0;
        }
        case XMLStreamConstants.END_ELEMENT -> {
          codes -= depth > 1 && isCode(xml) ? 1 : 0;
          depth--;
        }
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA ->
            text.append(codes == 0 ? xml.getText() : "");
        default -> {}
      }
    }
    return text.toString();
  }

  private static boolean isCode(XMLStreamReader xml) {
    return switch (xml.getLocalName()) {
      case "bpt", "ept", "it", "ph", "ut" -> true;
      default -> false;
    };
  }

  private static void translations(Map<String, String> unit, Consumer<Translation> sink) {
    unit.entrySet().stream()
        .filter(each -> isEnglish(each.getKey()))
        .findFirst()
        .ifPresent(
            english ->
                unit.forEach(
                    (language, text) -> {
                      if (!isEnglish(language)) {
                        sink.accept(new Translation(language, english.getValue(), text));
                      }
                    }));
  }

  private static boolean isEnglish(String language) {
    return language.toLowerCase(Locale.ROOT).matches("en([-_].*)?");
  }
}
