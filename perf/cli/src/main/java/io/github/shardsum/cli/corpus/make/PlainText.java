package io.github.shardsum.cli.corpus.make;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Texts without markup: tags, entities and wiki syntax become what a reader sees, accelerators go,
 * and placeholders become tokens.
 */
final class PlainText {
  private static final int DEEPEST = 8;

  /** Words from which on a text is no label. */
  private static final int SENTENCE = 8;

  private static final Pattern TEMPLATE = Pattern.compile("\\{\\{([^{}]*+)\\}\\}");
  private static final Pattern LINK =
      Pattern.compile("\\[\\[(?:[^\\[\\]|]*+\\|)?([^\\[\\]|]*+)\\]\\]");
  private static final Pattern ADDRESS =
      Pattern.compile("\\[(?:https?:)?//[^\\s\\[\\]]++\\s++([^\\[\\]]++)\\]");
  private static final Pattern QUOTES = Pattern.compile("'{2,5}");
  private static final Pattern TAG =
      Pattern.compile("<(/?)([A-Za-z][\\w:-]*+)(\\s[^<>]*+)?(/?)>|<!--[^>]*-->");
  private static final Pattern BREAK =
      Pattern.compile("(?i)br|p|li|ul|ol|div|tr|td|th|hr|nl|para|dt|dd|h[1-6]");
  private static final Pattern ENTITY =
      Pattern.compile("&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([a-z]{2,5}));");
  private static final Map<String, String> ENTITIES =
      Map.of("amp", "&", "lt", "<", "gt", ">", "quot", "\"", "apos", "'", "nbsp", "\u00a0");
  private static final Pattern SPACE = Pattern.compile("[\\s\u00a0]++");

  /** A key in brackets, as scripts without Latin letters have it, or the mark before a letter. */
  private static final Pattern AMPERSAND = accelerator('&');

  private static final List<Pattern> ACCELERATORS =
      List.of(accelerator('_'), accelerator('~'), AMPERSAND);

  private static final Pattern PLACEHOLDER =
      Pattern.compile(
          "%\\(\\w++\\)[a-z]|%\\d++(?:\\$[-+#0-9.]*+[A-Za-z@]++)?"
              + "|%[-+#0]*+\\d*+(?:\\.\\d++)?(?:hh|ll|I64|[hlzjtqL])?[A-Za-z@]\\b|%[A-Z]\\w{2,40}"
              + "|\\$\\d++|\\$\\w{1,40}\\$|\\$[A-Z]{2,}\\b|\\$\\(\\w{1,40}\\)|\\$\\[\\w{1,40}\\]"
              + "|[$#]?\\{[^{}]{0,60}\\}|#[A-Z]{3,}#|&[A-Za-z][\\w.]{2,40};");
  private static final Pattern NUMBERED = Pattern.compile("%(\\d+)\\$.*");

  private PlainText() {}

  /**
   * A text and its English.
   *
   * @param english the English text
   * @param text the other text
   */
  record Sides(String english, String text) {
    Sides both(UnaryOperator<String> change) {
      return new Sides(change.apply(english), change.apply(text));
    }
  }

  /** Both texts as people read them, normalized to NFC. */
  static Sides of(Sides raw) {
    return withTokens(withoutAccelerators(raw.both(PlainText::withoutMarkup)));
  }

  private static String withoutMarkup(String text) {
    String plain = text;
    for (int depth = 0;
        depth < DEEPEST && (plain.contains("[[") || plain.contains("{{"));
        depth++) {
      plain = LINK.matcher(plain).replaceAll("$1");
      plain = replace(plain, "{{", TEMPLATE, each -> general(each.group(1)));
    }
    plain = replace(plain, "//", ADDRESS, each -> each.group(1));
    plain = replace(plain, "''", QUOTES, _ -> "");
    String tagged = plain;
    plain = replace(plain, "<", TAG, tag -> shown(tag, tagged));
    plain = replace(plain, "&", ENTITY, PlainText::character);
    plain = Normalizer.normalize(plain, Normalizer.Form.NFC);
    return SPACE.matcher(plain).replaceAll(" ").strip();
  }

  private static String replace(
      String text, String sign, Pattern pattern, Function<MatchResult, String> change) {
    return text.contains(sign)
        ? pattern.matcher(text).replaceAll(each -> Matcher.quoteReplacement(change.apply(each)))
        : text;
  }

  /** The last choice of a template, which is the general case; one without choices is a name. */
  private static String general(String template) {
    return template.contains("|")
        ? template.substring(template.lastIndexOf('|') + 1)
        : "{" + template + "}";
  }

  /** A blank or nothing for a tag; a name in angle brackets that nothing closes is text. */
  private static String shown(MatchResult tag, String text) {
    if (tag.group(2) == null) {
      return "";
    }
    boolean breaks = BREAK.matcher(tag.group(2)).matches();
    boolean isTag =
        breaks
            || !tag.group(1).isEmpty()
            || !tag.group(4).isEmpty()
            || tag.group(3) != null
            || text.contains("</" + tag.group(2) + ">");
    return breaks ? " " : isTag ? "" : tag.group();
  }

  private static String character(MatchResult entity) {
    if (entity.group(3) != null) {
      return ENTITIES.getOrDefault(entity.group(3), entity.group());
    }
    int point =
        entity.group(1) != null
            ? Integer.parseInt(entity.group(1))
            : Integer.parseInt(entity.group(2), 16);
    return Character.isValidCodePoint(point) ? Character.toString(point) : entity.group();
  }

  private static Pattern accelerator(char mark) {
    return Pattern.compile(" ?\\(" + mark + "\\w\\)|" + mark + "(?=[\\p{L}\\p{N}])");
  }

  /** In labels the mark goes if no side has it twice; an ampersand, if each has it once. */
  private static Sides withoutAccelerators(Sides sides) {
    Sides plain = sides;
    for (Pattern accelerator : ACCELERATORS) {
      long english = accelerator.matcher(plain.english()).results().count();
      long other = accelerator.matcher(plain.text()).results().count();
      boolean isMark =
          accelerator == AMPERSAND ? english == 1 && other == 1 : english < 2 && other < 2;
      if (isMark && english + other > 0 && CleaningRule.words(plain.english()) < SENTENCE) {
        plain = plain.both(text -> accelerator.matcher(text).replaceAll(""));
      }
    }
    return plain;
  }

  /**
   * Puts tokens in place of placeholders, in the order of English. A placeholder of the other text
   * has the token of the equal one in English, or of the one whose number it has.
   */
  private static Sides withTokens(Sides sides) {
    List<String> known = new ArrayList<>();
    String english =
        PLACEHOLDER
            .matcher(sides.english())
            .replaceAll(
                each -> {
                  known.add(each.group());
                  return token(known.size());
                });
    boolean[] used = new boolean[known.size()];
    String text =
        PLACEHOLDER
            .matcher(sides.text())
            .replaceAll(
                each -> {
                  int place = place(each.group(), known, used);
                  if (place == known.size()) {
                    known.add(each.group());
                  } else if (place < used.length) {
                    used[place] = true;
                  }
                  return token(place + 1);
                });
    return new Sides(english, text);
  }

  private static int place(String placeholder, List<String> known, boolean... used) {
    int equal = known.size();
    for (int i = known.size() - 1; i >= 0; i--) {
      if (known.get(i).equals(placeholder) && (equal == known.size() || !isUsed(i, used))) {
        equal = i;
      }
    }
    Matcher numbered = NUMBERED.matcher(placeholder);
    if (equal == known.size() && numbered.matches() && numbered.group(1).length() < 3) {
      int number = Integer.parseInt(numbered.group(1));
      return number >= 1 && number <= used.length ? number - 1 : equal;
    }
    return equal;
  }

  private static boolean isUsed(int place, boolean... used) {
    return place >= used.length || used[place];
  }

  private static String token(int number) {
    return "\u27e8" + number + "\u27e9";
  }
}
