package io.github.shardsum.cli.train.data;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Families of languages by code of ISO 639; Indo-European is divided into its branches. */
public final class LanguageFamilies {
  /** Family of a language that is in no list. */
  static final String OTHER = "other";

  private static final Map<String, String> CODES = new LinkedHashMap<>();

  static {
    CODES.put("Romance", "an ast ca co es fr fur gl it lld lmo mo oc pt ro rm sc scn vec wa");
    CODES.put("Germanic", "af bar da de en fo frr fy gsw is ksh lb nb nds nl nn no sv yi");
    CODES.put("Slavic", "be bg bs cs csb dsb hr hsb mk pl ru rue sh sk sl sr szl uk cu");
    CODES.put("Baltic", "lt ltg lv prg sgs");
    CODES.put("Celtic", "br cy ga gd gv kw");
    CODES.put("Greek, Albanian, Armenian", "el sq hy");
    CODES.put("Iranian", "ckb fa ku mzn os ps tg lrc bal bgn glk");
    CODES.put(
        "Indo-Aryan",
        "as bho bgc bn bra doi dv gu hi kok ks kxv mai mr ne or pa raj sa sd si syl ur xnr awa hne rom");
    CODES.put("Dravidian", "kn ml ta te tcy");
    CODES.put("Turkic", "az ba cv kaa kk ky sah tk tr tt ug uz tyv crh gag");
    CODES.put("Uralic", "et fi hu se smn sma smj sms mdf myv vro");
    CODES.put("Semitic", "am ar arc he mt syr ti gez aii apc arz ary");
    CODES.put("other Afro-Asiatic", "aa byn ha kab om rif shi sid so ssy tzm wal zgh");
    CODES.put(
        "Niger-Congo",
        "agq ak bas bem bez bm blo bss cch cgg dag dua dyo ebu ee ewo ff gaa guz ig jgo jmc kam kde"
            + " ki kln kpe ksb ksf lag lg ln lu luy mer mgo mua nd nmg nnh nr nso nyn rn rof rw rwk"
            + " sbp sef seh sn ss st sw tn ts ve vai vun wo xh xog yav yo zu ny");
    CODES.put("Sino-Tibetan", "bo brx dz ii mni my yue zh nan hak wuu");
    CODES.put("Austronesian", "ceb fil haw id jv mg mi ms su sm tl to ace ban bjn min");
    CODES.put("Tai and Austroasiatic", "lo th vi km sat blt tts shn");
    CODES.put("Japanese, Korean, Mongolian", "ja ko mn");
    CODES.put("Caucasian", "ka ce ab inh ady lez av");
    CODES.put(
        "American", "qu gn yrl kgp nv chr ay arn quc nah oj cr iu lkt mus cic moh cho osa cad");
    CODES.put("constructed and creole", "eo ia ie vo jbo io kea pcm mfe ht tpi sg");
  }

  private static final Map<String, String> FAMILIES = new HashMap<>();

  static {
    CODES.forEach(
        (family, codes) -> List.of(codes.split(" ")).forEach(code -> FAMILIES.put(code, family)));
  }

  /** Languages that are nearly alone in their script, so that no other language's names help. */
  private static final Set<String> OWN_SCRIPT =
      Set.of("ja", "zh", "yue", "ko", "th", "ka", "am", "hy", "el", "he");

  private LanguageFamilies() {}

  /** The family of a language. */
  public static String of(String language) {
    return FAMILIES.getOrDefault(language, OTHER);
  }

  /** All families, in a fixed order. */
  public static List<String> all() {
    return Stream.concat(CODES.keySet().stream(), Stream.of(OTHER)).toList();
  }

  /** Whether a language is nearly alone in its script. */
  public static boolean hasOwnScript(String language) {
    return OWN_SCRIPT.contains(language);
  }
}
