package org.kimi4j.testkit;

import static org.kimi4j.testkit.Edits.header;
import static org.kimi4j.testkit.Edits.headerLength;
import static org.kimi4j.testkit.Edits.shard;
import static org.kimi4j.testkit.Edits.wholeHeader;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Damages of the header of shard 4, which holds the embedding, lm_head and the final norm, in this order. */
final class HeaderDamages {

    private static final String NORM = "language_model.model.norm.weight";
    private static final String HEAD = "language_model.lm_head.weight";

    // What the header says about the final norm: behind lm_head and the embedding of 768 x 128 BF16 each.
    private static final String SHAPE = "\"shape\":[128]";
    private static final String OFFSETS = "\"data_offsets\":[393216,393472]";

    private final List<Damage> damages = new ArrayList<>();

    private HeaderDamages() {}

    static List<Damage> list() {
        HeaderDamages damages = new HeaderDamages();
        damages.text();
        damages.entries();
        damages.offsets();
        return damages.damages;
    }

    private void add(String name, Damage.Edit edit, String... mustName) {
        damages.add(Damage.of(name, edit, mustName));
    }

    private void norm(String name, String from, String to) {
        add(name, header(4, from, to), shard(4), NORM);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void text() {
        add("the header has no length", headerLength(4, 0), shard(4), "header");
        add("the header is longer than any", headerLength(4, Long.MAX_VALUE), shard(4), "header");
        add("the length of the header is negative", headerLength(4, -1), shard(4), "header");
        add("the header is longer than is read", headerLength(4, 200L << 20), shard(4), "header");
        add("the header is longer than the file", headerLength(4, 1L << 20), shard(4), "header");
        add("the header is cut short", headerLength(4, 100), shard(4), "header");
        add("the header is not text", wholeHeader(4, new byte[] {'{', '"', (byte) 0xff, '"', '}'}), shard(4), "UTF-8");
        add("the header is not JSON", wholeHeader(4, utf8("not JSON")), shard(4), "JSON");
        add("the header is an array", wholeHeader(4, utf8("[1, 2]")), shard(4), "JSON");
        add("the header is empty", wholeHeader(4, utf8("{}")), shard(4));
        add("the header is nested without end", wholeHeader(4, utf8("{\"a\":[".repeat(50_000))), shard(4));
        add("text follows the header", header(4, "}}", "}}{}"), shard(4), "JSON");
        add("the free text is a number", header(4, "{\"format\":\"pt\"}", "7"), shard(4), "__metadata__");
    }

    private void entries() {
        add(
                "a tensor is there twice",
                header(4, "{\"dtype\":\"BF16\"," + SHAPE, "{},\"" + NORM + "\":{\"dtype\":\"BF16\"," + SHAPE),
                shard(4),
                NORM);
        add("a tensor has no name", header(4, "\"" + NORM + "\"", "\"\""), shard(4), "name");
        norm("an entry is a number", "{\"dtype\":\"BF16\"," + SHAPE + "," + OFFSETS + "}", "7");
        norm("the type is unknown", "\"BF16\"," + SHAPE, "\"MXFP4\"," + SHAPE);
        norm("the type is a number", "\"BF16\"," + SHAPE, "16," + SHAPE);
        norm("the type is missing", "\"dtype\":\"BF16\"," + SHAPE, SHAPE);
        norm("the shape is missing", SHAPE + ",", "");
        norm("the shape is a number", SHAPE, "\"shape\":128");
        norm("the shape is negative", SHAPE, "\"shape\":[-128]");
        norm("the shape is a fraction", SHAPE, "\"shape\":[128.0]");
        norm(
                "the shape has more values than can be counted",
                SHAPE,
                "\"shape\":[9223372036854775807,9223372036854775807]");
        norm("the shape has more bytes than can be counted", SHAPE, "\"shape\":[9223372036854775807]");
        norm("the shape wraps round to the right size", SHAPE, "\"shape\":[4294967296,4294967296,128]");
        norm("the shape has a number of fifty digits", SHAPE, "\"shape\":[" + "1".repeat(50) + "]");
        norm("the shape has a hundred sizes", SHAPE, "\"shape\":[128" + ",1".repeat(99) + "]");
        norm("an entry has strides", SHAPE, SHAPE + ",\"strides\":[2]");
    }

    private void offsets() {
        norm("the offsets are missing", "," + OFFSETS, "");
        norm("there is one offset", OFFSETS, "\"data_offsets\":[393216]");
        norm("the offsets are strings", OFFSETS, "\"data_offsets\":[\"393216\",\"393472\"]");
        norm("the offsets are the wrong way round", OFFSETS, "\"data_offsets\":[393472,393216]");
        norm("the offsets are fewer bytes than the shape", OFFSETS, "\"data_offsets\":[393216,393470]");
        norm("the offsets are negative", OFFSETS, "\"data_offsets\":[-256,0]");
        norm("the offsets lie beyond the file", OFFSETS, "\"data_offsets\":[1393216,1393472]");
        norm("the offsets lie beyond any file", OFFSETS, "\"data_offsets\":[9223372036854775551,9223372036854775807]");
        norm("the data overlaps another tensor's", OFFSETS, "\"data_offsets\":[393214,393470]");
        norm("the data is another tensor's", OFFSETS, "\"data_offsets\":[0,256]");
        norm("a gap lies before the data", OFFSETS, "\"data_offsets\":[393218,393474]");
        add(
                "the first bytes belong to no tensor",
                header(
                        4,
                        "\"shape\":[768,128],\"data_offsets\":[0,196608]",
                        "\"shape\":[767,128],\"data_offsets\":[256,196608]"),
                shard(4),
                HEAD);
    }
}
