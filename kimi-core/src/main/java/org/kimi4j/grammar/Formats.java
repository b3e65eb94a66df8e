package org.kimi4j.grammar;

import java.util.Map;
import java.util.Set;

/**
 * Formats of strings as patterns. Each describes a part of what its standard allows, so that what is written passes any
 * check of the format.
 */
final class Formats {

    private static final String DATE = "[12]\\d{3}-("
            + "(0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
            + "|[12]\\d(0[48]|[2468][048]|[13579][26])-02-29|2000-02-29";
    private static final String OFFSET = "(Z|[+-](0\\d|1[0-3]):[0-5]\\d)";
    private static final String TIME = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?" + OFFSET;
    private static final String LABEL = "[A-Za-z0-9]{1,15}(-[A-Za-z0-9]{1,15}){0,2}";
    private static final String HOST = LABEL + "(\\." + LABEL + "){0,2}\\.[A-Za-z]{2,10}";
    /** Checks of mail addresses know the top domains: those of countries and the usual others. */
    private static final String TOP_DOMAIN =
            "(com|org|net|edu|gov|mil|int|info|biz|name|pro|app|dev|io|ai|cloud|online|shop|tech"
                    + "|a[cdefgilmoqrstuwxz]|b[abdefghijmnorstvwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[cegrstu]|f[ijkmor]"
                    + "|g[abdefghilmnpqrstuwy]|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]"
                    + "|m[acdeghklmnopqrstuvwxyz]|n[acefgilopruz]|om|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghiklmnortuvxyz]"
                    + "|t[cdfghjklmnortvwz]|u[agksyz]|v[aceginu]|w[fs]|y[et]|z[amw])";

    private static final String BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String HEX = "[0-9a-f]{1,4}";
    private static final String PATH_CHARACTER = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})";

    private static final Map<String, String> PATTERNS = Map.ofEntries(
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("date-time", "(" + DATE + ")T" + TIME),
            Map.entry("duration", duration()),
            Map.entry(
                    "email",
                    "[A-Za-z0-9_%+-]{1,20}(\\.[A-Za-z0-9_%+-]{1,20}){0,2}@" + LABEL + "(\\." + LABEL + "){0,2}\\."
                            + TOP_DOMAIN),
            Map.entry("hostname", HOST),
            Map.entry("ipv4", BYTE + "(\\." + BYTE + "){3}"),
            Map.entry("ipv6", "(" + HEX + ":){7}" + HEX + "|(" + HEX + ":){1,3}(:" + HEX + "){1,3}|::" + HEX + "|::"),
            Map.entry(
                    "uri",
                    "https?://" + HOST + "(:[1-9]\\d{0,3})?(/" + PATH_CHARACTER + "*)*(\\?(" + PATH_CHARACTER
                            + "|[/?])*)?(#(" + PATH_CHARACTER + "|[/?])*)?"),
            Map.entry("uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
            Map.entry("byte", "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"));

    /** Formats that say nothing about which strings or numbers are right. */
    private static final Set<String> ANNOTATIONS = Set.of("password", "binary", "float", "double");

    private Formats() {}

    private static String duration() {
        String n = "\\d{1,4}";
        String time = "T(" + n + "H(" + n + "M(" + n + "S)?)?|" + n + "M(" + n + "S)?|" + n + "S)";
        String date = "(" + n + "Y(" + n + "M(" + n + "D)?)?|" + n + "M(" + n + "D)?|" + n + "D)";
        return "P(" + date + "(" + time + ")?|" + time + "|" + n + "W)";
    }

    static boolean isPattern(String format) {
        return PATTERNS.containsKey(format);
    }

    static boolean isAnnotation(String format) {
        return ANNOTATIONS.contains(format);
    }

    /** What the strings of a format match as a whole. */
    static Regex pattern(String format) {
        try {
            return RegexReader.read("^(" + PATTERNS.get(format) + ")$");
        } catch (RefusedException e) {
            throw new IllegalStateException(e);
        }
    }
}
