package org.kimi4j.verifier;

import static org.kimi4j.verifier.Said.fails;
import static org.kimi4j.verifier.Said.refused;
import static org.kimi4j.verifier.Said.runs;
import static org.kimi4j.verifier.Script.named;

import java.util.ArrayList;
import java.util.List;

/** Calls as models write them, well or badly: ids, arguments, tags. */
final class SectionCases {

    private static final String PARIS = "{\"city\": \"Paris\"}";
    private static final String OSLO = "{\"city\": \"Oslo\"}";
    private static final String PARIS_CALL = "[C]functions.get_weather:0[A]" + PARIS + "[/C]";
    private static final String OSLO_CALL = "[C]functions.get_weather:1[A]" + OSLO + "[/C]";

    private SectionCases() {}

    static List<ToolCase> all() {
        List<ToolCase> cases = new ArrayList<>(reported());
        cases.addAll(forms());
        cases.addAll(refusals());
        return cases;
    }

    private static String file(int characters) {
        return "{\"path\": \"a.txt\", \"content\": \"" + "0123456789abcde ".repeat(characters / 16) + "\"}";
    }

    private static List<ToolCase> reported() {
        return List.of(
                named("long arguments over several turns are neither dropped nor waited for")
                        .like("sgl-project/sglang#23363")
                        .reply(
                                "A.</think>[S][C]functions.write_file:0[A]" + file(20_000) + "[/C][/S]",
                                Said.of("A.", "", runs("functions.write_file:0", file(20_000))))
                        .reply(
                                "B.</think>[S][C]functions.write_file:1[A]" + file(9_000) + "[/C][/S]",
                                Said.of("B.", "", runs("functions.write_file:1", file(9_000))))
                        .answer("Written."),
                named("arguments of more than 8 KB are whole")
                        .like("vllm-project/vllm#37184")
                        .reply(
                                "Big.</think>[S][C]functions.write_file:0[A]" + file(12_000) + "[/C][/S]",
                                Said.of("Big.", "", runs("functions.write_file:0", file(12_000))))
                        .answer("Written."),
                named("a hyphen in a name")
                        .like("sgl-project/sglang#20878")
                        .reply(
                                "L.</think>[S][C]functions.gtasks_list-tasklists:0[A]{}[/C][/S]",
                                Said.of("L.", "", runs("functions.gtasks_list-tasklists:0", "{}")))
                        .answer("None."),
                named("indices run over the whole conversation")
                        .like("sgl-project/sglang#10600")
                        .reply(
                                "A.</think>[S]" + PARIS_CALL + OSLO_CALL + "[/S]",
                                Said.of(
                                        "A.",
                                        "",
                                        runs("functions.get_weather:0", PARIS),
                                        runs("functions.get_weather:1", OSLO)))
                        .reply(
                                "B.</think>[S][C]functions.get_time:2[A]" + OSLO + "[/C][/S]",
                                Said.of("B.", "", runs("functions.get_time:2", OSLO)))
                        .answer("Noon."),
                named("words before the section are the answer's")
                        .like("sgl-project/sglang#8613")
                        .reply(
                                "A.</think>I will look it up.[S]" + PARIS_CALL + "[/S]",
                                Said.of("A.", "I will look it up.", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("optional parameters after reasoning are kept")
                        .like("sgl-project/sglang#12932")
                        .reply(
                                "In celsius.</think>[S][C]functions.get_weather:0[A]{\"city\": \"Paris\", \"unit\":"
                                        + " \"celsius\"}[/C][/S]",
                                Said.of(
                                        "In celsius.",
                                        "",
                                        runs(
                                                "functions.get_weather:0",
                                                "{\"city\": \"Paris\", \"unit\": \"celsius\"}")))
                        .answer("Sunny."),
                named("the arguments of three calls do not mix")
                        .like("vllm-project/vllm#24478")
                        .reply(
                                "Three.</think>[S]" + PARIS_CALL + OSLO_CALL + "[C]functions.now:2[A]{}[/C][/S]",
                                Said.of(
                                        "Three.",
                                        "",
                                        runs("functions.get_weather:0", PARIS),
                                        runs("functions.get_weather:1", OSLO),
                                        runs("functions.now:2", "{}")))
                        .answer("Sunny, sunny, noon."),
                named("section tags in the singular")
                        .like("ggml-org/llama.cpp#17376")
                        .reply(
                                "A.</think><|tool_call_section_begin|>" + PARIS_CALL + "<|tool_call_section_end|>",
                                Said.of("A.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("line feeds around id and arguments, words before, two calls in one piece")
                        .like("vllm-project/vllm#38579")
                        .reply(
                                "A.</think>Wait.[S]\n[C]\nfunctions.get_weather:0\n[A]\n" + PARIS
                                        + "\n[/C][C]functions.get_weather:1[A]" + OSLO + "[/C]\n[/S]",
                                Said.of(
                                        "A.",
                                        "Wait.",
                                        runs("functions.get_weather:0", PARIS),
                                        runs("functions.get_weather:1", OSLO)))
                        .answer("Sunny."),
                named("a header that becomes no call ends no process")
                        .like("ikawrakow/ik_llama.cpp#955")
                        .reply(
                                "A.</think>[S][C]functions<read",
                                Said.of("A.", "", Said.unreadable(0, "functions<read")))
                        .answer("I could not."));
    }

    private static List<ToolCase> forms() {
        return List.of(
                named("an id without its prefix")
                        .reply(
                                "A.</think>[S][C]get_weather:0[A]" + PARIS + "[/C][/S]",
                                Said.of("A.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("an id without its index")
                        .reply(
                                "A.</think>[S][C]functions.get_weather[A]" + PARIS + "[/C][/S]",
                                Said.of("A.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("two calls of one id get two ids")
                        .reply(
                                "A.</think>[S]" + PARIS_CALL + "[C]functions.get_weather:0[A]" + OSLO + "[/C][/S]",
                                Said.of(
                                        "A.",
                                        "",
                                        runs("functions.get_weather:0", PARIS),
                                        runs("functions.get_weather:1", OSLO)))
                        .answer("Sunny."),
                named("dots in a name")
                        .reply(
                                "A.</think>[S][C]functions.mcp.files.read:0[A]{\"path\": \"/tmp\"}[/C][/S]",
                                Said.of("A.", "", runs("functions.mcp.files.read:0", "{\"path\": \"/tmp\"}")))
                        .answer("Read."),
                named("the section is not closed")
                        .reply("A.</think>[S]" + PARIS_CALL, Said.of("A.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("the call is not closed, the section is")
                        .reply(
                                "A.</think>[S][C]functions.get_weather:0[A]" + PARIS + "[/S]",
                                Said.of("A.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("nothing is closed, but the arguments are whole")
                        .reply(
                                "A.</think>[S][C]functions.get_weather:0[A]" + PARIS,
                                Said.of("A.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("no tag between id and arguments")
                        .reply(
                                "A.</think>[S][C]functions.get_weather:0" + PARIS + "[/C][/S]",
                                Said.of("A.", "", runs("functions.get_weather:0", PARIS)))
                        .answer("Sunny."),
                named("no arguments for a function without parameters")
                        .reply(
                                "A.</think>[S][C]functions.now:0[A][/C][/S]",
                                Said.of("A.", "", runs("functions.now:0", "")))
                        .answer("Noon."),
                named("arguments keep characters outside of ASCII, escapes and white space")
                        .reply(
                                "A.</think>[S][C]functions.write_file:0[A]{\"path\":\"\\u00fc.txt\",  \"content\":"
                                        + " \"你好 🌍\\n\\\"}\\\"\"}[/C][/S]",
                                Said.of(
                                        "A.",
                                        "",
                                        runs(
                                                "functions.write_file:0",
                                                "{\"path\":\"\\u00fc.txt\",  \"content\": \"你好 🌍\\n\\\"}\\\"\"}")))
                        .answer("Written."),
                named("eight calls at once")
                        .reply("A.</think>[S]" + many(8) + "[/S]", Said.of("A.", "", eight()))
                        .answer("Sunny everywhere."),
                named("ten replies with calls")
                        .reply("1.</think>[S]" + one(0) + "[/S]", Said.of("1.", "", weather(0)))
                        .reply("2.</think>[S]" + one(1) + "[/S]", Said.of("2.", "", weather(1)))
                        .reply("3.</think>[S]" + one(2) + "[/S]", Said.of("3.", "", weather(2)))
                        .reply("4.</think>[S]" + one(3) + "[/S]", Said.of("4.", "", weather(3)))
                        .reply("5.</think>[S]" + one(4) + "[/S]", Said.of("5.", "", weather(4)))
                        .reply("6.</think>[S]" + one(5) + "[/S]", Said.of("6.", "", weather(5)))
                        .reply("7.</think>[S]" + one(6) + "[/S]", Said.of("7.", "", weather(6)))
                        .reply("8.</think>[S]" + one(7) + "[/S]", Said.of("8.", "", weather(7)))
                        .reply("9.</think>[S]" + one(8) + "[/S]", Said.of("9.", "", weather(8)))
                        .reply("10.</think>[S]" + one(9) + "[/S]", Said.of("10.", "", weather(9)))
                        .answer("Done."));
    }

    private static String city(int index) {
        return "{\"city\": \"City " + index + "\"}";
    }

    private static String one(int index) {
        return "[C]functions.get_weather:" + index + "[A]" + city(index) + "[/C]";
    }

    private static Said.Call weather(int index) {
        return runs("functions.get_weather:" + index, city(index));
    }

    private static String many(int calls) {
        StringBuilder markup = new StringBuilder();
        for (int i = 0; i < calls; i++) {
            markup.append(one(i));
        }
        return markup.toString();
    }

    private static Said.Call[] eight() {
        Said.Call[] calls = new Said.Call[8];
        for (int i = 0; i < calls.length; i++) {
            calls[i] = weather(i);
        }
        return calls;
    }

    private static List<ToolCase> refusals() {
        return List.of(
                named("a function that was not declared is not run")
                        .reply(
                                "A.</think>[S][C]functions.get_wether:0[A]" + PARIS + "[/C]" + OSLO_CALL + "[/S]",
                                Said.of(
                                        "A.",
                                        "",
                                        refused("functions.get_wether:0", PARIS),
                                        runs("functions.get_weather:1", OSLO)))
                        .answer("Sunny."),
                named("arguments that are no JSON are not run")
                        .reply(
                                "A.</think>[S][C]functions.get_weather:0[A]{\"city\": Paris}[/C][/S]",
                                Said.of("A.", "", refused("functions.get_weather:0", "{\"city\": Paris}")))
                        .answer("Sorry."),
                named("arguments that are no object are not run")
                        .reply(
                                "A.</think>[S][C]functions.get_weather:0[A][\"Paris\"][/C][/S]",
                                Said.of("A.", "", refused("functions.get_weather:0", "[\"Paris\"]")))
                        .answer("Sorry."),
                named("arguments that are cut are not run")
                        .reply(
                                "A.</think>[S][C]functions.get_weather:0[A]{\"city\": \"Par",
                                Said.of("A.", "", refused("functions.get_weather:0", "{\"city\": \"Par")))
                        .answer("Sorry."),
                named("a call without a function is told, the reasoning stays")
                        .reply(
                                "A.</think>[S][C][A]{\"a\": 1}[/C][/S]",
                                Said.of("A.", "", Said.unreadable(0, Script.tags("[A]{\"a\": 1}"))))
                        .answer("Sorry."),
                named("a function that fails is told, the others return")
                        .reply(
                                "A.</think>[S][C]functions.broken:0[A]{}[/C]" + OSLO_CALL + "[/S]",
                                Said.of(
                                        "A.",
                                        "",
                                        fails("functions.broken:0", "{}"),
                                        runs("functions.get_weather:1", OSLO)))
                        .answer("One failed."));
    }
}
